import { type Kysely, sql } from 'kysely'
import type { DeliveryCounts } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Tables } from '../schema.ts'
import { EFFECTIVE_STATE, isQueueOf } from './deliveries.ts'

/** Completed deliveries are kept for weeks, and only counted as far as that is quick. */
const RECENT_COUNT = 10_000

interface HealthRow {
  readonly counts: DeliveryCounts['counts'] | null
  readonly oldest: bigint | null
  readonly message: string | null
  readonly time: bigint | null
}

export function destinationHealthQueries(db: Kysely<Tables>) {
  return {
    /** Pending deliveries and dead letters are read from their partial indexes. */
    async count({ titleId, destinationId }: DestinationKey): Promise<DeliveryCounts> {
      const isOfDestination = sql`d.title_id = ${titleId} and d.destination_id = ${destinationId}`
      const { rows } = await sql<HealthRow>`
        with unsent as materialized (
          select ${EFFECTIVE_STATE} as state, d.create_time, d.attempt_time, d.error from deliveries d
          left join lateral (
            select waiting from delivery_queues where ${isQueueOf(sql`d.player_id, d.title_id, d.destination_id`)} limit 1
          ) q on true
          where ${isOfDestination} and d.state = 'pending'
          union all
          select d.state, d.create_time, d.attempt_time, d.error from deliveries d
          where ${isOfDestination} and d.state = 'dead'
        ),
        completed as (
          select state from (
            select d.state from deliveries d where ${isOfDestination} order by d.event_id desc limit ${RECENT_COUNT}
          ) recent where state not in ('pending', 'dead')
        ),
        counts as (
          select state, count(*) from (select state from unsent union all select state from completed) s group by state
        ),
        last_error as (
          select error, attempt_time from unsent where error <> '' and attempt_time is not null
          order by attempt_time desc limit 1
        )
        select (select json_object_agg(state, count) from counts) as counts,
          (select min(create_time) from unsent where state <> 'dead') as oldest,
          (select error from last_error) as message, (select attempt_time from last_error) as time`.execute(
        db,
      )
      const [row] = rows
      const { message, time } = row ?? {}
      return {
        counts: row?.counts ?? {},
        oldestPendingTime: row?.oldest ?? undefined,
        lastError: message && time ? { message, time } : undefined,
      }
    },
  }
}
