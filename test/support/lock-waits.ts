import { databasesOf } from './citus.ts'
import { onDatabase } from './deliveries.ts'

/** Returns the number of statements on a test's database, on all nodes of a cluster, that wait for a lock. */
export async function countLockWaits(url: string): Promise<number> {
  const query = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  const waiting = await Promise.all(databasesOf(url).map((node) => onDatabase(node, query)))
  return waiting.flat().length
}
