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

    /** As `find`; locks the row until the end of the transaction. */
    async lock(id: string): Promise<Player | undefined> {
      const row = await select().where('id', '=', id).forUpdate().executeTakeFirst()
      return row && fromRow(row)
    },

    /** Returns players in order of id, after the given id. */
    async list(afterId: string, limit: number): Promise<readonly Player[]> {
      const rows = await select().where('id', '>', afterId).orderBy('id').limit(limit).execute()
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

    /** Deletes a player. Player titles, progress and stat values cascade from the row; other tables have no foreign key. */
    async delete(id: string): Promise<void> {
      // First: it waits for transactions that write the player's rows, so that the statements below see these rows.
      await db.deleteFrom('players').where('id', '=', id).execute()
      await db.deleteFrom('accounts').where('player_id', '=', id).execute()
      await db.deleteFrom('events').where('player_id', '=', id).execute()
      await db.deleteFrom('delivery_queues').where('player_id', '=', id).execute()
      await db.deleteFrom('deliveries').where('player_id', '=', id).execute()
      await db.deleteFrom('player_requests').where('player_id', '=', id).execute()
    },

    /** Deletes deliveries that were enqueued while the player was deleted, after waiting for those transactions. */
    async deleteEnqueuedDeliveries(id: string): Promise<void> {
      // The rows that enqueueing locks, in the same order; no other lock is held, so this cannot deadlock.
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
