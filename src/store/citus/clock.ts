import { type Kysely, type RawBuilder, sql } from 'kysely'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Tables } from '../schema.ts'
import type { Sharding } from './sharding.ts'

/**
 * Returns the database's time for a statement that writes rows of players. Citus supports no volatile function there, so on a cluster
 * it is read from the coordinator before.
 */
export async function readClock(
  db: Kysely<Tables>,
  { isDistributed }: Sharding,
): Promise<RawBuilder<bigint>> {
  if (!isDistributed) return DATABASE_CLOCK
  const { rows } = await sql<{ now: bigint }>`select ${DATABASE_CLOCK} as now`.execute(db)
  return sql<bigint>`${rows[0]?.now ?? 0n}::bigint`
}
