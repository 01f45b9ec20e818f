import { type Kysely, sql } from 'kysely'
import { REPLAYABLE_STATES, type ReplayableState } from '../../model/delivery.ts'
import type { Instant } from '../../model/instant.ts'
import { readClock } from '../citus/clock.ts'
import { ofPlayers, type Sharding } from '../citus/sharding.ts'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Tables } from '../schema.ts'
import { isAnyOf } from './deliveries.ts'

export interface ReplayFilter {
  readonly titleId: string
  readonly destinationId: string
  readonly states: readonly ReplayableState[]
  readonly playerId: string | undefined
  readonly startTime: Instant | undefined
  readonly endTime: Instant | undefined
  /** Exclusive event id. */
  readonly after: bigint
  /** Inclusive event id. */
  readonly upTo: bigint
  readonly limit: number
}

export interface ReplayableDelivery {
  readonly playerId: string
  readonly eventId: bigint
}

const REQUEUE_BATCH_SIZE = 1_000

export function replayQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /** Returns the id of the last enqueued event; 0 for none. */
    async findLast(titleId: string, destinationId: string): Promise<bigint> {
      const row = await db
        .selectFrom('deliveries')
        .where('title_id', '=', titleId)
        .where('destination_id', '=', destinationId)
        .orderBy('event_id', 'desc')
        .limit(1)
        .select('event_id')
        .executeTakeFirst()
      return row?.event_id ?? 0n
    },

    /** Returns matching deliveries, ordered by event. */
    async list(filter: ReplayFilter): Promise<readonly ReplayableDelivery[]> {
      let query = db
        .selectFrom('deliveries')
        .select(['player_id', 'event_id'])
        .where('title_id', '=', filter.titleId)
        .where('destination_id', '=', filter.destinationId)
        .where('event_id', '>', filter.after)
        .where('event_id', '<=', filter.upTo)
        .where(isAnyOf('state', filter.states))
      if (filter.playerId !== undefined) query = query.where('player_id', '=', filter.playerId)
      if (filter.startTime !== undefined) query = query.where('time', '>=', filter.startTime)
      if (filter.endTime !== undefined) query = query.where('time', '<', filter.endTime)
      const rows = await query.orderBy('event_id').limit(filter.limit).execute()
      return rows.map((row) => ({ playerId: row.player_id, eventId: row.event_id }))
    },

    /**
     * Ends the backoff of a batch of queues. Returns whether there may be more. Leased and parked queues are unchanged.
     */
    async endBackoff(titleId: string, destinationId: string): Promise<boolean> {
      if (sharding.isDistributed) return endBackoffOfShards(titleId, destinationId)
      const { rows } = await sql<{ player_id: string }>`
        update delivery_queues set failures = 0, due_time = ${DATABASE_CLOCK}
        where title_id = ${titleId} and destination_id = ${destinationId} and player_id = any(array(
          select player_id from delivery_queues
          where title_id = ${titleId} and destination_id = ${destinationId} and lease is null and not waiting
            and failures > 0
          limit ${REQUEUE_BATCH_SIZE}
          for update skip locked))
        returning player_id`.execute(db)
      return rows.length === REQUEUE_BATCH_SIZE
    },

    /**
     * Makes the players' queues due now. A leased queue stays leased, or two processes would send the same delivery: a due
     * time one tick earlier shows the holder that there is more to send.
     */
    async requeue(titleId: string, destinationId: string, playerIds: readonly string[]): Promise<void> {
      const clock = await readClock(db, sharding)
      await sql`
        insert into delivery_queues as q (player_id, title_id, destination_id, due_time)
        select player_id, ${titleId}, ${destinationId}, ${clock}
        from (select distinct unnest(${[...playerIds]}::text[]) as player_id) as players
        order by player_id
        on conflict (player_id, title_id, destination_id) do update set failures = 0,
          due_time = case when q.lease is null then least(q.due_time, excluded.due_time)
            else q.due_time - 1 end`.execute(db)
    },

    /** Resets deliveries to pending without attempts, and returns how many. */
    async reset(
      titleId: string,
      destinationId: string,
      deliveries: readonly ReplayableDelivery[],
    ): Promise<number> {
      let count = 0
      for (const group of sharding.groups(deliveries, ({ playerId }) => playerId))
        count += await reset(titleId, destinationId, group)
      return count
    },

    /** Makes queues that are parked until the players have an account of the dialect due now. */
    async requeueWaiting(playerIds: readonly string[], dialect: string): Promise<void> {
      const clock = await readClock(db, sharding)
      await sql`
        update delivery_queues set waiting = false, failures = 0,
          due_time = case when lease is null then ${clock} else due_time - 1 end
        where player_id = any(${[...playerIds]}::text[])
          and ((title_id, destination_id) in (
            select title_id, id from destinations where dialect = ${dialect})) is true`.execute(db)
    },
  }

  async function reset(
    titleId: string,
    destinationId: string,
    deliveries: readonly ReplayableDelivery[],
  ): Promise<number> {
    const ids = deliveries.map(({ eventId }) => eventId)
    const players = deliveries.map(({ playerId }) => playerId)
    const { rows } = await sql<{ player_id: string }>`
        with reset as materialized (
          select * from unnest(${players}::text[], ${ids}::bigint[]) as r (player_id, event_id)
        )
        update deliveries set state = 'pending', attempts = 0, error = ''
        where title_id = ${titleId} and destination_id = ${destinationId}
          and event_id = any(${ids}::bigint[])
          and ((player_id, event_id) in (select player_id, event_id from reset)) is true
          and state = any(${[...REPLAYABLE_STATES]}::text[]) and ${ofPlayers(sharding, 'player_id', players)}
        returning player_id`.execute(db)
    return rows.length
  }

  /** As `endBackoff`, without its lock: a queue that is leased meanwhile stays as it is. */
  async function endBackoffOfShards(titleId: string, destinationId: string): Promise<boolean> {
    const isBackedOff = sql`title_id = ${titleId} and destination_id = ${destinationId} and lease is null and not waiting
      and failures > 0`
    const { rows } = await sql<{ player_id: string }>`
      select player_id from delivery_queues where ${isBackedOff} limit ${REQUEUE_BATCH_SIZE}`.execute(db)
    const clock = await readClock(db, sharding)
    for (const group of sharding.groups(rows, (row) => row.player_id)) {
      await sql`
        update delivery_queues set failures = 0, due_time = ${clock}
        where player_id = any(${group.map((row) => row.player_id)}::text[]) and ${isBackedOff}`.execute(db)
    }
    return rows.length === REQUEUE_BATCH_SIZE
  }
}
