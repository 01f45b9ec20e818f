import { type Kysely, sql } from 'kysely'
import type { DeliveryCounts } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Sharding } from '../citus/sharding.ts'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Tables } from '../schema.ts'
import { isQueueOf } from './deliveries.ts'

/** Players, and deliveries of each state, that are read: counts beyond it are not exact. */
const MAX_COUNT = 10_000
/** In ticks of 100 ns. */
const HOUR = 36_000_000_000n

interface HealthRow {
  readonly counts: DeliveryCounts['counts'] | null
  readonly delivered_last_hour: number
  readonly oldest: bigint | null
  readonly message: string | null
  readonly time: bigint | null
}

export function destinationHealthQueries(db: Kysely<Tables>, { isDistributed }: Sharding) {
  return {
    /**
     * Reads the deliveries of the players that are due first, by their queues, because no index has the pending deliveries of a destination:
     * it would cost each delivery an entry. Dead letters are read from their partial index.
     */
    async count({ titleId, destinationId }: DestinationKey): Promise<DeliveryCounts> {
      const isOfDestination = sql`title_id = ${titleId} and destination_id = ${destinationId}`
      // Citus joins rows of one shard by equality, and without a limit.
      const unsent = isDistributed
        ? sql`(select player_id, waiting from delivery_queues where ${isOfDestination}) q
          join (
            select player_id, create_time, attempt_time, error from deliveries where ${isOfDestination} and state = 'pending'
          ) d on d.player_id = q.player_id`
        : sql`(
            select player_id, waiting from delivery_queues where ${isOfDestination} order by due_time limit ${MAX_COUNT}
          ) q cross join lateral (
            select create_time, attempt_time, error from deliveries
            where ${isQueueOf(sql`q.player_id, ${titleId}, ${destinationId}`)} and state = 'pending'
            order by player_id, title_id, destination_id, event_id limit ${MAX_COUNT}
          ) d`
      const { rows } = await sql<HealthRow>`
        with unsent as materialized (
          select case when q.waiting then 'waiting_for_account' else 'pending' end as state, d.create_time, d.attempt_time, d.error
          from ${unsent} limit ${MAX_COUNT}
        ),
        dead as materialized (
          select state, attempt_time, error from deliveries
          where ${isOfDestination} and state = 'dead' order by event_id desc limit ${MAX_COUNT}
        ),
        completed as materialized (
          select state, attempt_time from (
            select state, attempt_time from deliveries where ${isOfDestination} order by event_id desc limit ${MAX_COUNT}
          ) recent where state not in ('pending', 'dead')
        ),
        counts as (
          select state, count(*) from (
            select state from unsent union all select state from dead union all select state from completed
          ) s group by state
        ),
        last_error as (
          select error, attempt_time from (
            select error, attempt_time from unsent union all select error, attempt_time from dead
          ) failed where error <> '' and attempt_time is not null
          order by attempt_time desc limit 1
        )
        select (select json_object_agg(state, count) from counts) as counts,
          (select count(*)::integer from completed
            where state = 'delivered' and attempt_time > ${DATABASE_CLOCK} - ${HOUR}::bigint) as delivered_last_hour,
          (select min(create_time) from unsent) as oldest,
          (select error from last_error) as message, (select attempt_time from last_error) as time`.execute(
        db,
      )
      const [row] = rows
      const { message, time } = row ?? {}
      return {
        counts: row?.counts ?? {},
        deliveredLastHour: row?.delivered_last_hour ?? 0,
        oldestPendingTime: row?.oldest ?? undefined,
        lastError: message && time ? { message, time } : undefined,
      }
    },
  }
}
