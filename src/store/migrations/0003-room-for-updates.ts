import { type Kysely, sql } from 'kysely'

/**
 * Room on each page for what is changed there with every report: a row that moves to another page needs new entries in
 * all indexes. Answers are erased by their age alone and come in its order, so that an index of ranges does.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'alter table player_titles set (fillfactor = 90)',
  'alter table progress set (fillfactor = 90)',
  'drop index player_requests_by_time',
  'create index player_requests_by_time on player_requests using brin (create_time)',
]
