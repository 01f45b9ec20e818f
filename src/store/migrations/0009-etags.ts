import { type Kysely, sql } from 'kysely'

const TABLES = ['titles', 'stats', 'players'] as const

/** The first revision is the time in microseconds: a record that is deleted and created again never repeats an etag. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of TABLES) {
    await sql`alter table ${sql.table(table)}
      alter column revision set default (extract(epoch from clock_timestamp()) * 1000000)::bigint`.execute(db)
  }
}
