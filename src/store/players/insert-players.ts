import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { Tables } from '../schema.ts'
import { findAliases } from './player-aliases.ts'
import { findTombstones } from './tombstones.ts'

/** Players who were deleted or merged, by their ids: each with the player it was merged into, or undefined if it was deleted. */
export type RemovedPlayers = ReadonlyMap<string, string | undefined>

export interface InsertedPlayers {
  readonly inserted: readonly string[]
  readonly removed: RemovedPlayers
}

/**
 * Inserts the players that are missing and were neither deleted nor merged. The insert waits for a deletion of the same
 * player, and the next statements see the tombstone or the alias that it left.
 */
export async function insertPlayers(
  db: Kysely<Tables>,
  requested: readonly string[],
  time: Instant,
): Promise<InsertedPlayers> {
  const { rows } = await sql<{ id: string }>`
    insert into players (id, display_name, create_time, update_time)
    select distinct id, '', ${time}::bigint, ${time}::bigint from unnest(${[...requested]}::text[]) as keys (id)
    order by id
    on conflict (id) do nothing returning id`.execute(db)
  const ids = rows.map(({ id }) => id)
  const deleted = await findTombstones(db, ids)
  const removed = new Map<string, string | undefined>([
    ...[...deleted].map((id) => [id, undefined] as const),
    ...(await findAliases(db, ids)),
  ])
  if (removed.size > 0) await deletePlayers(db, [...removed.keys()])
  return { inserted: ids.filter((id) => !removed.has(id)), removed }
}

/** Deletes the rows of players. Those of their titles cascade. */
export async function deletePlayers(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await db
    .deleteFrom('players')
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
    .execute()
}
