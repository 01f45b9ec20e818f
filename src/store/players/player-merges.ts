import { type Kysely, type SqlBool, sql } from 'kysely'
import { WEBHOOK } from '../../model/destination.ts'
import type { Account } from '../../model/player.ts'
import { readClock } from '../citus/clock.ts'
import { moveRows } from '../citus/move-rows.ts'
import type { Sharding } from '../citus/sharding.ts'
import { DELIVERY_COLUMN_NAMES } from '../destinations/deliveries.ts'
import { retryUnlinked } from '../migration-jobs/migration-pulls.ts'
import type { Tables } from '../schema.ts'

interface Merge {
  readonly absorbedId: string
  readonly playerId: string
}

/** The steps of a merge that no rule of reports covers. Both players must be locked exclusively. */
export function playerMergeQueries(db: Kysely<Tables>, sharding: Sharding) {
  const { isDistributed } = sharding

  return {
    /** Moves the accounts, and returns all accounts of the surviving player. */
    async moveAccounts({ absorbedId, playerId }: Merge): Promise<readonly Account[]> {
      if (isDistributed) {
        await moveRows(db, { table: 'accounts', columns: ['dialect', 'id'], from: absorbedId, to: playerId })
        await db
          .updateTable('account_keys')
          .set({ player_id: playerId })
          .where('player_id', '=', absorbedId)
          .execute()
      } else {
        await db
          .updateTable('accounts')
          .set({ player_id: playerId })
          .where('player_id', '=', absorbedId)
          .execute()
      }
      await retryUnlinked(sql`${playerId}`).execute(db)
      return db.selectFrom('accounts').where('player_id', '=', playerId).select(['dialect', 'id']).execute()
    },

    /** Adds contributions to the surviving player's. A reward that either claimed is claimed. Its title rows must exist. */
    async addContributions({ absorbedId, playerId }: Merge): Promise<void> {
      await sql`
        insert into contributions (player_id, title_id, achievement_id, value, claim_time, create_time, update_time)
        select ${playerId}, title_id, achievement_id, value, claim_time, create_time, update_time
        from contributions where player_id = ${absorbedId}
        order by title_id, achievement_id
        on conflict (player_id, title_id, achievement_id) do update set
          value = contributions.value + excluded.value,
          claim_time = least(contributions.claim_time, excluded.claim_time),
          create_time = least(contributions.create_time, excluded.create_time),
          update_time = greatest(contributions.update_time, excluded.update_time)`.execute(db)
    },

    /**
     * Moves stored responses, so that retries return them. Of two under one request id of a caller, the surviving player's
     * stays. Responses that are events stay with the absorbed player.
     */
    async moveResponses({ absorbedId, playerId }: Merge): Promise<void> {
      if (isDistributed) {
        const columns = ['request_id', 'caller', 'fingerprint', 'response', 'create_time']
        // They may be in another partition, so no index conflicts.
        const stored = await db
          .selectFrom('player_requests')
          .where('player_id', '=', playerId)
          .select(['request_id', 'caller'])
          .execute()
        const condition = sql<SqlBool>`(request_id, caller) not in (select * from unnest(
          ${stored.map((row) => row.request_id)}::text[], ${stored.map((row) => row.caller)}::text[]))`
        await moveRows(db, { table: 'player_requests', columns, from: absorbedId, to: playerId, condition })
      } else {
        await sql`
          update player_requests q set player_id = ${playerId} where player_id = ${absorbedId} and not exists (
            select from player_requests
            where player_id = ${playerId} and request_id = q.request_id and caller = q.caller)`.execute(db)
      }
      await db.deleteFrom('player_requests').where('player_id', '=', absorbedId).execute()
    },

    /**
     * Moves the deliveries to platforms, which know the player by the accounts, and keeps the higher of two sent percents.
     * Webhooks receive the events as they were.
     */
    async moveDeliveries({ absorbedId, playerId }: Merge): Promise<void> {
      // The rows that enqueueing locks, in the same order: deliveries that are being enqueued are moved too.
      await sql`select 1 from destination_flows order by title_id, destination_id for share`.execute(db)
      const isPlatform = sql<SqlBool>`((title_id, destination_id) in (
        select title_id, id from destinations where dialect <> ${WEBHOOK})) is true`
      if (isDistributed) {
        // A delivery that is copied must not be completed before it is deleted.
        await sql`select 1 from delivery_queues where player_id = ${absorbedId} order by title_id, destination_id for update`.execute(
          db,
        )
        const columns = DELIVERY_COLUMN_NAMES.filter((name) => name !== 'player_id')
        await moveRows(db, {
          table: 'deliveries',
          columns,
          from: absorbedId,
          to: playerId,
          condition: isPlatform,
        })
      } else {
        await sql`update deliveries set player_id = ${playerId} where player_id = ${absorbedId} and ${isPlatform}`.execute(
          db,
        )
      }
      const clock = await readClock(db, sharding)
      await sql`
        insert into sent_percents as s (player_id, title_id, destination_id, achievement_id, percent)
        select ${playerId}, title_id, destination_id, achievement_id, percent
        from sent_percents where player_id = ${absorbedId}
        order by title_id, destination_id, achievement_id
        on conflict (player_id, title_id, destination_id, achievement_id) do update
          set percent = greatest(s.percent, excluded.percent)`.execute(db)
      await db.deleteFrom('sent_percents').where('player_id', '=', absorbedId).execute()
      await sql`
        insert into delivery_queues as q (player_id, title_id, destination_id, due_time)
        select ${playerId}, title_id, destination_id, ${clock}
        from delivery_queues where player_id = ${absorbedId} and ${isPlatform}
        order by title_id, destination_id
        on conflict (player_id, title_id, destination_id) do update set waiting = false, failures = 0,
          due_time = case when q.lease is null then excluded.due_time else q.due_time - 1 end`.execute(db)
      await sql`delete from delivery_queues where player_id = ${absorbedId} and ${isPlatform}`.execute(db)
    },
  }
}
