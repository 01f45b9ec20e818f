import { type Kysely, sql } from 'kysely'
import type { Instant } from '../../model/instant.ts'
import type { Account, Player } from '../../model/player.ts'
import type { Row, Tables } from '../schema.ts'

export function playerQueries(db: Kysely<Tables>) {
  const select = () => db.selectFrom('players').selectAll().select(accountsColumn.as('accounts'))

  return {
    async insert(player: Player): Promise<void> {
      const { id, displayName, createTime, updateTime } = player
      await db
        .insertInto('players')
        .values({ id, display_name: displayName, create_time: createTime, update_time: updateTime })
        .execute()
    },

    /** Makes the player, unless there is one of this id. */
    async insertIfAbsent(id: string, time: Instant): Promise<void> {
      await db
        .insertInto('players')
        .values({ id, display_name: '', create_time: time, update_time: time })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
    },

    async find(id: string): Promise<Player | undefined> {
      const row = await select().where('id', '=', id).executeTakeFirst()
      return row && fromRow(row)
    },

    /** The player, locked until the end of the transaction. */
    async lock(id: string): Promise<Player | undefined> {
      const row = await select().where('id', '=', id).forUpdate().executeTakeFirst()
      return row && fromRow(row)
    },

    /** In order of id. */
    async list(id: string, limit: number): Promise<readonly Player[]> {
      const rows = await select().where('id', '>', id).orderBy('id').limit(limit).execute()
      return rows.map(fromRow)
    },

    /** Marks a player as written; the revision counts up. */
    async update(id: string, displayName: string, time: Instant): Promise<void> {
      await db
        .updateTable('players')
        .set({ display_name: displayName, update_time: time, revision: sql`revision + 1` })
        .where('id', '=', id)
        .execute()
    },

    /** Erases the player: sheets, progress and stat values go with the row, the rest is named here. */
    async delete(id: string): Promise<void> {
      // First, because it waits for whoever writes on a sheet, and finds what they leave.
      await db.deleteFrom('players').where('id', '=', id).execute()
      await db.deleteFrom('accounts').where('player_id', '=', id).execute()
      await db.deleteFrom('events').where('player_id', '=', id).execute()
      await db.deleteFrom('delivery_queues').where('player_id', '=', id).execute()
      await db.deleteFrom('deliveries').where('player_id', '=', id).execute()
      await db.deleteFrom('player_requests').where('player_id', '=', id).execute()
    },

    /** Erases what was being taken up for a player while they were erased, once whoever was at it is done. */
    async deleteEnqueuedDeliveries(id: string): Promise<void> {
      // Alone and in order; only what takes up events is waited for.
      await sql`select 1 from destination_flows order by title_id, destination_id for share`.execute(db)
      await db.deleteFrom('delivery_queues').where('player_id', '=', id).execute()
      await db.deleteFrom('deliveries').where('player_id', '=', id).execute()
    },
  }
}

const accountsColumn = sql<readonly Account[]>`(
  select coalesce(json_agg(json_build_object('dialect', a.dialect, 'id', a.id) order by a.dialect, a.id), '[]')
  from accounts a where a.player_id = players.id)`

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
