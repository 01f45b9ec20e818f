import { type RawBuilder, sql } from 'kysely'
import type { ProgressKey } from '../../model/progress.ts'
import type { Sharding } from '../citus/sharding.ts'

type KeyedTable = 'progress' | 'migration_undo'

/** Returns keys of progress as a table `k`, with their ordinals. */
export function keyTable(keys: readonly ProgressKey[]): RawBuilder<unknown> {
  const of = (name: keyof ProgressKey) => keys.map((key) => key[name])
  return sql`unnest(${of('playerId')}::text[], ${of('titleId')}::text[], ${of('achievementId')}::text[])
    with ordinality as k (player_id, title_id, achievement_id, ordinal)`
}

/**
 * Returns tables for a statement that reads their rows by keys, and joins them with tables of the coordinator. Citus supports that only for
 * rows that CTEs have read before; without a cluster there are none.
 */
export function keyedRows(
  { isDistributed }: Sharding,
  keys: readonly ProgressKey[],
  tables: readonly KeyedTable[],
): { readonly ctes: RawBuilder<unknown>; of(table: KeyedTable): RawBuilder<unknown> } {
  const of = (table: KeyedTable) => sql.table(isDistributed ? `keyed_${table}` : table)
  const ctes = tables.map(
    (table) => sql`${of(table)} as materialized (
      select r.* from ${sql.table(table)} r join ${keyTable(keys)}
        on r.player_id = k.player_id and r.title_id = k.title_id and r.achievement_id = k.achievement_id)`,
  )
  return { ctes: isDistributed ? sql`with ${sql.join(ctes)}` : sql``, of }
}
