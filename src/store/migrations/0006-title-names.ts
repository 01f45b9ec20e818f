import { type Kysely, sql } from 'kysely'

/**
 * No title may be bound to an id that is another title's own. Two tables are involved, so a constraint cannot hold it, and
 * neither transaction sees the row that the other is about to insert: both lock the text's row here instead.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table title_names (name text primary key)`.execute(db)
  await sql`create index title_bindings_by_value on title_bindings (value)`.execute(db)
}
