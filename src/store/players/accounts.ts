import { type Kysely, sql } from 'kysely'
import type { Account } from '../../model/player.ts'
import { idTable } from '../id-table.ts'
import type { Tables } from '../schema.ts'

export function accountQueries(db: Kysely<Tables>) {
  return {
    async findPlayer({ dialect, id }: Account): Promise<string | undefined> {
      const row = await db
        .selectFrom('accounts')
        .where('id', '=', id)
        .where('dialect', '=', dialect)
        .select('player_id')
        .executeTakeFirst()
      return row?.player_id
    },

    /** Returns player ids by account id; accounts without a player are left out. */
    async findPlayers(dialect: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (ids.length === 0) return new Map()
      const rows = await db
        .selectFrom('accounts')
        .innerJoin(idTable(ids).as('requested'), 'requested.id', 'accounts.id')
        .where('dialect', '=', dialect)
        .select(['accounts.id', 'player_id'])
        .execute()
      return new Map(rows.map(({ id, player_id }) => [id, player_id]))
    },

    /** Returns one account id in a dialect per player: of several, the first by id. */
    async listOfPlayers(dialect: string, playerIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
      if (playerIds.length === 0) return new Map()
      const rows = await db
        .selectFrom('accounts')
        .where('player_id', '=', sql<string>`any(${[...playerIds]}::text[])`)
        .where('dialect', '=', dialect)
        .orderBy('id', 'desc')
        .select(['id', 'player_id'])
        .execute()
      return new Map(rows.map(({ id, player_id }) => [player_id, id]))
    },

    /**
     * Links an account. Returns false if any player, this one included, has it already, or the player does not exist. The
     * player's row is locked, so that a deletion at the same time deletes the account too.
     */
    async insert({ dialect, id }: Account, playerId: string): Promise<boolean> {
      const { rows } = await sql`
        insert into accounts (dialect, id, player_id)
        select ${dialect}, ${id}, id from players where id = ${playerId} for key share
        on conflict (id, dialect) do nothing returning player_id`.execute(db)
      return rows.length > 0
    },

    async delete({ dialect, id }: Account, playerId: string): Promise<boolean> {
      const row = await db
        .deleteFrom('accounts')
        .where('id', '=', id)
        .where('dialect', '=', dialect)
        .where('player_id', '=', playerId)
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}
