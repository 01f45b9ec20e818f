import { type Kysely, sql } from 'kysely'
import { REPLAYABLE_STATES, type ReplayableState } from '../../model/delivery.ts'
import type { Instant } from '../../model/instant.ts'
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
  /** Of events after this one. */
  readonly after: bigint
  /** Of none after this one. */
  readonly upTo: bigint
  readonly limit: number
}

export interface ReplayableDelivery {
  readonly playerId: string
  readonly eventId: bigint
}

/** How many queues are changed in one transaction. */
const REQUEUE_BATCH_SIZE = 1_000

export function replayQueries(db: Kysely<Tables>) {
  return {
    /** The newest event that was taken up for a destination; 0 for none. */
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

    /** In order of event. */
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
     * Ends the rests of some who wait for their next try; false when none is left. Those whom a server is sending for, and
     * who wait for an account, are left alone.
     */
    async endBackoff(titleId: string, destinationId: string): Promise<boolean> {
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
     * Lets servers look at once for what is to be sent to a destination for these players. A queue that somebody has the
     * lease of stays theirs, or two would send the same at once: its time is moved by a tick, which tells them that there
     * is more to do than they knew.
     */
    async requeueAhead(titleId: string, destinationId: string, playerIds: readonly string[]): Promise<void> {
      await sql`
        insert into delivery_queues as q (player_id, title_id, destination_id, due_time)
        select player_id, ${titleId}, ${destinationId}, ${DATABASE_CLOCK}
        from (select distinct unnest(${[...playerIds]}::text[]) as player_id) as hurried
        order by player_id
        on conflict (player_id, title_id, destination_id) do update set failures = 0,
          due_time = case when q.lease is null then least(q.due_time, excluded.due_time)
            else q.due_time - 1 end`.execute(db)
    },

    /** Makes of deliveries what they were before they were tried, and gives how many there were to be. */
    async reset(
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
          and state = any(${[...REPLAYABLE_STATES]}::text[])
        returning player_id`.execute(db)
      return rows.length
    },

    /** Ends players' waiting for an account of a dialect. */
    async requeueWaiting(playerIds: readonly string[], dialect: string): Promise<void> {
      await sql`
        update delivery_queues set waiting = false, failures = 0,
          due_time = case when lease is null then ${DATABASE_CLOCK} else due_time - 1 end
        where player_id = any(${[...playerIds]}::text[])
          and ((title_id, destination_id) in (
            select title_id, id from destinations where dialect = ${dialect})) is true`.execute(db)
    },
  }
}
