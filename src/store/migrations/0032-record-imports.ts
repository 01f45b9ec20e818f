import { type Kysely, sql } from 'kysely'

/** How many lines of each export were imported, so that an import goes on after an interruption. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table record_imports (
    id text primary key,
    line_count bigint not null,
    digest text not null
  )`.execute(db)
}
