import { Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import type { Tables } from '../../src/store/schema.ts'

/** Runs statements with the planner's settings of the store, and counts the rows of tables that they read. */
export async function countingRows<Result>(
  url: string,
  tables: readonly string[],
  run: (db: Kysely<Tables>) => Promise<Result>,
) {
  const options = '-c enable_seqscan=off -c plan_cache_mode=force_generic_plan -c jit=off'
  const pool = new pg.Pool({ connectionString: url, max: 1, options })
  await using db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  return await db.transaction().execute(async (transaction) => {
    const result = await run(transaction)
    const { rows } = await sql<{ read: string }>`
      select sum(seq_tup_read + idx_tup_fetch) as read from pg_stat_xact_user_tables
      where relname = any(${[...tables]}::text[])`.execute(transaction)
    return { result, rowsRead: Number(rows[0]?.read) }
  })
}
