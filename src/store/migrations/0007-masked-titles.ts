import { type Kysely, sql } from 'kysely'

/** Gateways follow their platform's rule for hidden achievements unless the title asks for redaction. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table titles add column mask_hidden_in_gateways boolean not null default false`.execute(db)
}
