import { type Kysely, sql } from 'kysely'

/**
 * Events are read title by title and never player by player: one index in the order in which they come, in place of a
 * second one in which each lands on another page. The player is in it because a distributed engine wants that of a key.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'alter table events drop constraint events_pkey',
  'drop index events_by_title',
  'alter table events add primary key (title_id, id, player_id)',
]
