import { type Kysely, sql } from 'kysely'

/** For the search of players by a prefix, whatever the collation of the database. Most players have no name. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'create index players_by_prefix on players (id text_pattern_ops)',
  "create index players_by_name on players (lower(display_name) text_pattern_ops) where display_name <> ''",
  'create index accounts_by_prefix on accounts (id text_pattern_ops)',
]
