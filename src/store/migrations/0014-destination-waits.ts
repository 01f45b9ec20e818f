import { type Kysely, sql } from 'kysely'

/** Until when a destination asked not to be called, by the database's clock; 0 if it did not. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table destination_flows add column wait_end_time bigint not null default 0`.execute(db)
}
