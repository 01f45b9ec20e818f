import { type Kysely, sql } from 'kysely'

/**
 * The trace of a recorded call is stored in the events of the progress that it changed: in their transaction, without a table of its own. Traces of
 * earlier reports are dropped, so deliveries that still wait are no part of them.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table events add column trace_parent text`.execute(db)
  await sql`drop table report_traces`.execute(db)
}
