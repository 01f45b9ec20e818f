import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { Tables } from '../schema.ts'
import { findTombstones } from './tombstones.ts'

export interface InsertedPlayers {
  readonly inserted: readonly string[]
  /** The ids of deleted players, who stay missing. */
  readonly deleted: ReadonlySet<string>
}

/**
 * Inserts the players that are missing and have no tombstone. The insert waits for a deletion of the same player, and the
 * next statement sees the tombstone that the deletion left.
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
  if (deleted.size > 0) await deletePlayers(db, [...deleted])
  return { inserted: ids.filter((id) => !deleted.has(id)), deleted }
}

/** Deletes players who have no rows in other tables. */
export async function deletePlayers(db: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await db
    .deleteFrom('players')
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
    .execute()
}
