import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema.ts'

/**
 * Returns the prepared transactions of all nodes. The coordinator holds its locks until each node has committed; but if a node is lost
 * in between, the transaction is committed there only when the node is back. So a prepared transaction may still be writing an event
 * that has an id already.
 *
 * Citus completes such transactions each minute (`citus.recover_2pc_interval`). Here it is asked to as soon as one is found.
 */
export async function listPreparedTransactions(db: Kysely<Tables>): Promise<readonly string[]> {
  const found = await list(db)
  if (found.length === 0) return []
  // Those of running transactions are left alone.
  await sql`select recover_prepared_transactions()`.execute(db)
  return found
}

async function list(db: Kysely<Tables>): Promise<readonly string[]> {
  const { rows } = await sql<{ success: boolean; result: string }>`
    select success, result from run_command_on_workers($$
      select coalesce(json_agg(gid), '[]') from pg_prepared_xacts where database = current_database()$$)`.execute(
    db,
  )
  return rows.flatMap(({ success, result }) => (success ? (JSON.parse(result) as string[]) : [UNKNOWN]))
}

/** A writer that is never found again: the node may have prepared transactions. */
const UNKNOWN = 'unreachable node'
