import { type Kysely, sql } from 'kysely'

/** For the limit of all plans of a title. Plans from before count as nothing until they are purged. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table plans add column bytes integer not null default 0`.execute(db)
}
