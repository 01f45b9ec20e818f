import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { Account, Player } from '../../model/player.ts'
import { ofPlayers, type Sharding } from '../citus/sharding.ts'
import { COLUMNS } from '../columns.ts'
import type { Row, Tables } from '../schema.ts'
import { prefixPattern } from '../text-filter.ts'
import { deleteAccountKeys } from './accounts.ts'
import { deletePlayers, insertPlayers } from './insert-players.ts'

export function playerQueries(db: Kysely<Tables>, sharding: Sharding) {
  const select = () =>
    db.selectFrom('players').select(COLUMNS.players).select(accountsColumn(sql`true`).as('accounts'))
  const selectOne = (id: string) =>
    db
      .selectFrom('players')
      .select(COLUMNS.players)
      .select(accountsColumn(ofPlayers(sharding, 'a.player_id', [id])).as('accounts'))
      .where('id', '=', id)

  return {
    async insert(player: Player): Promise<void> {
      const { id, displayName, createTime, updateTime } = player
      await db
        .insertInto('players')
        .values({ id, display_name: displayName, create_time: createTime, update_time: updateTime })
        .execute()
    },

    /** Inserts the players that are missing: see `insertPlayers`. */
    insertMissing: (ids: readonly string[], time: Instant) => insertPlayers(db, ids, time),

    /** Deletes players whom this transaction inserted, or whose other rows it moved. */
    deleteRows: (ids: readonly string[]) => deletePlayers(db, ids),

    async find(id: string): Promise<Player | undefined> {
      const row = await selectOne(id).executeTakeFirst()
      return row && fromRow(row)
    },

    /** As `find`; locks the row against other changes until the end of the transaction. Reports do not wait for it. */
    async lock(id: string): Promise<Player | undefined> {
      const row = await selectOne(id).forNoKeyUpdate().executeTakeFirst()
      return row && fromRow(row)
    },

    /**
     * Locks all rows of the player, so that reports wait, and returns the player's titles. Rows of titles come first, as a
     * report locks them before it refers to the player: two transactions cannot deadlock.
     */
    async lockTitles(id: string): Promise<readonly string[]> {
      const titles = () => db.selectFrom('player_titles').where('player_id', '=', id).orderBy('title_id')
      await titles().select('title_id').forUpdate().execute()
      await db.selectFrom('players').where('id', '=', id).select('id').forUpdate().execute()
      return (await titles().select('title_id').execute()).map(({ title_id }) => title_id)
    },

    /** Returns players in order of id, after the given id. */
    async list(afterId: string, limit: number): Promise<readonly Player[]> {
      const rows = await select().where('id', '>', afterId).orderBy('id').limit(limit).execute()
      return rows.map(fromRow)
    },

    /** As `list`, of the players whose id, name or account begins with a prefix. */
    async listByPrefix(prefix: string, afterId: string, limit: number): Promise<readonly Player[]> {
      const pattern = prefixPattern(prefix)
      const rows = await select()
        .where('id', 'in', (of) =>
          of
            .selectFrom(
              sql<{ id: string }>`(
                (select id from players where id like ${pattern} and id > ${afterId} order by id limit ${limit})
                union
                (select id from players where display_name <> '' and lower(display_name) like lower(${pattern})
                  and id > ${afterId} order by id limit ${limit})
                union
                (select distinct player_id from accounts where id like ${pattern} and player_id > ${afterId}
                  order by player_id limit ${limit})
              )`.as('found'),
            )
            .select('found.id'),
        )
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(fromRow)
    },

    /** Updates the display name and raises the etag. */
    async update(id: string, displayName: string, time: Instant): Promise<void> {
      await db
        .updateTable('players')
        .set({ display_name: displayName, update_time: time, revision: sql`revision + 1` })
        .where('id', '=', id)
        .execute()
    },

    /**
     * Deletes a player and returns its accounts. Player titles, progress and stat values cascade from the row; other tables
     * have no foreign key.
     */
    async delete(id: string): Promise<readonly Account[]> {
      // First: it waits for transactions that write the player's rows, so that the statements below see these rows.
      await db.deleteFrom('players').where('id', '=', id).execute()
      const accounts = await db
        .deleteFrom('accounts')
        .where('player_id', '=', id)
        .returning(['dialect', 'id'])
        .execute()
      if (sharding.isDistributed) await deleteAccountKeys(db, accounts)
      await deleteReports('events', id)
      await deleteDeliveries(id)
      await db.deleteFrom('player_requests').where('player_id', '=', id).execute()
      return accounts
    },

    /** Deletes deliveries that were enqueued while the players were deleted, after waiting for those transactions. */
    async deleteEnqueuedDeliveries(ids: readonly string[]): Promise<void> {
      // The rows that enqueueing locks, in the same order; no other lock is held, so this cannot deadlock.
      await sql`select 1 from destination_flows order by title_id, destination_id for share`.execute(db)
      for (const id of ids) await deleteDeliveries(id)
    },
  }

  /** Keeps `player_deleted`, because watchers and destinations that hold copies must still receive it. */
  async function deleteReports(table: 'events' | 'deliveries', playerId: string): Promise<void> {
    await db
      .deleteFrom(table)
      .where('player_id', '=', playerId)
      .where('kind', '<>', 'player_deleted')
      .execute()
  }

  async function deleteDeliveries(playerId: string): Promise<void> {
    await deleteReports('deliveries', playerId)
    await db.deleteFrom('sent_percents').where('player_id', '=', playerId).execute()
    await sql`
      delete from delivery_queues q where player_id = ${playerId} and not exists (
        select from deliveries where player_id = q.player_id and title_id = q.title_id
          and destination_id = q.destination_id and state = 'pending')`.execute(db)
  }
}

const accountsColumn = (condition: RawBuilder<unknown>) => sql<readonly Account[]>`(
  select coalesce(json_agg(json_build_object('dialect', a.dialect, 'id', a.id) order by a.dialect, a.id), '[]')
  from accounts a where a.player_id = players.id and ${condition})`

function fromRow(row: Row<'players'> & { readonly accounts: readonly Account[] }): Player {
  return {
    id: row.id,
    displayName: row.display_name,
    accounts: row.accounts,
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: String(row.revision),
  }
}
