import { type Kysely, sql } from 'kysely'
import type { Account } from '../../model/player.ts'
import type { Sharding } from '../citus/sharding.ts'
import { idTable } from '../id-table.ts'
import { retryUnlinked } from '../migration-jobs/migration-pulls.ts'
import type { Tables } from '../schema.ts'

export function accountQueries(db: Kysely<Tables>, sharding: Sharding) {
  /** The table to look accounts up in before the player is known. */
  const byAccount = sharding.isDistributed ? 'account_keys' : 'accounts'

  return {
    async findPlayer({ dialect, id }: Account): Promise<string | undefined> {
      const row = await db
        .selectFrom(byAccount)
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
        .selectFrom(`${byAccount} as a`)
        .innerJoin(idTable(ids).as('requested'), 'requested.id', 'a.id')
        .where('dialect', '=', dialect)
        .select(['a.id', 'player_id'])
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
     * player's row is locked, so that a deletion at the same time deletes the account too. Lazy sources that know the player by an account
     * are asked again.
     */
    async insert({ dialect, id }: Account, playerId: string): Promise<boolean> {
      if (sharding.isDistributed) return insertSharded({ dialect, id }, playerId)
      const { rows } = await sql`
        with linked as (
          insert into accounts (dialect, id, player_id)
          select ${dialect}, ${id}, id from players where id = ${playerId} for key share
          on conflict (id, dialect) do nothing returning player_id
        ), due as (${retryUnlinked(sql`select player_id from linked`)})
        select from linked`.execute(db)
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
      if (row !== undefined && sharding.isDistributed) await deleteAccountKeys(db, [{ dialect, id }])
      return row !== undefined
    },
  }

  /** Citus supports no row lock in an insert that reads another table. */
  async function insertSharded({ dialect, id }: Account, playerId: string): Promise<boolean> {
    const player = await db
      .selectFrom('players')
      .where('id', '=', playerId)
      .select('id')
      .forKeyShare()
      .executeTakeFirst()
    if (player === undefined) return false
    const account = { dialect, id, player_id: playerId }
    const { numInsertedOrUpdatedRows = 0n } = await db
      .insertInto('account_keys')
      .values(account)
      .onConflict((conflict) => conflict.columns(['id', 'dialect']).doNothing())
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows === 0n) return false
    await db.insertInto('accounts').values(account).execute()
    await retryUnlinked(sql`${playerId}`).execute(db)
    return true
  }
}

/** Deletes the keys of accounts of a cluster. */
export async function deleteAccountKeys(db: Kysely<Tables>, accounts: readonly Account[]): Promise<void> {
  if (accounts.length === 0) return
  const ids = accounts.map(({ id }) => id)
  await sql`
    delete from account_keys where id = any(${ids}::text[]) and (id, dialect) in (
      select * from unnest(${ids}::text[], ${accounts.map(({ dialect }) => dialect)}::text[]))`.execute(db)
}
