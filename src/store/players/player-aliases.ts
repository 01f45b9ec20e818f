import { type Kysely, sql } from 'kysely'
import type { Tables } from '../schema.ts'

export interface PlayerAlias {
  /** The id of the absorbed player. */
  readonly id: string
  readonly playerId: string
  readonly actor: string
  readonly reason: string
  readonly createTime: bigint
}

export function playerAliasQueries(db: Kysely<Tables>) {
  return {
    /** Returns the surviving players by absorbed id. */
    find: (ids: readonly string[]) => findAliases(db, ids),

    /** Returns the ids that a player absorbed, in order. */
    async listOfPlayer(playerId: string): Promise<readonly string[]> {
      const rows = await db
        .selectFrom('player_aliases')
        .where('player_id', '=', playerId)
        .select('id')
        .orderBy('id')
        .execute()
      return rows.map(({ id }) => id)
    },

    /** Deletes a player's aliases and returns the ids that it absorbed. */
    async deleteOfPlayer(playerId: string): Promise<readonly string[]> {
      const rows = await db
        .deleteFrom('player_aliases')
        .where('player_id', '=', playerId)
        .returning('id')
        .execute()
      return rows.map(({ id }) => id)
    },

    /** Inserts an alias. Aliases of the absorbed player then name the surviving one too: there are no chains. */
    async insert({ id, playerId, actor, reason, createTime }: PlayerAlias): Promise<void> {
      await db
        .updateTable('player_aliases')
        .set({ player_id: playerId })
        .where('player_id', '=', id)
        .execute()
      await db
        .insertInto('player_aliases')
        .values({ id, player_id: playerId, actor, reason, create_time: createTime })
        .execute()
    },
  }
}

export async function findAliases(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map()
  const rows = await db
    .selectFrom('player_aliases')
    .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
    .select(['id', 'player_id'])
    .execute()
  return new Map(rows.map(({ id, player_id }) => [id, player_id]))
}
