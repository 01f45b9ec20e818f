import { type Kysely, sql } from 'kysely'

/** What failed for good is looked for among millions of deliveries that did not. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index deliveries_dead on deliveries (title_id, destination_id, event_id)
    where state = 'dead'`.execute(db)
}
