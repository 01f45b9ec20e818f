import { type Kysely, sql } from 'kysely'
import { type AchievementDelivery, type DeliveryState, REPLAYABLE_STATES } from '../../model/delivery.ts'
import { ofPlayers, type Sharding } from '../citus/sharding.ts'
import type { Tables } from '../schema.ts'
import {
  DELIVERY_COLUMNS_SQL,
  type DeliveryFacts,
  EFFECTIVE_STATE,
  eventOfDelivery,
  isQueueOf,
} from './deliveries.ts'

export interface AchievementDeliveryFilter {
  readonly playerId: string
  readonly titleId: string
  /** Undefined for all. */
  readonly achievementId: string | undefined
  /** The last item of the previous page. */
  readonly after: Pick<AchievementDelivery, 'achievementId' | 'destinationId'> | undefined
  readonly limit: number
}

/** The condition of the partial index, which the planner uses only if the statement repeats it. */
const COMPLETED = sql`d.state in (${sql.join(REPLAYABLE_STATES.map((state) => sql.lit(state)))})`

export function achievementDeliveryQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /**
     * Returns the delivery state of each of a player's achievements and destinations, ordered by both. A loose index scan
     * finds the pairs with completed deliveries and the newest delivery of each state, and skips the others. Pending
     * deliveries are all read: they are few per achievement, because waiting progress is superseded. A superseded delivery
     * is never the newest.
     */
    async list(filter: AchievementDeliveryFilter): Promise<readonly AchievementDelivery[]> {
      const { playerId, titleId, achievementId, after, limit } = filter
      const ofAchievement = achievementId === undefined ? sql`` : sql`and d.achievement_id = ${achievementId}`
      const ofPlayer = sql`d.player_id = ${playerId} and d.title_id = ${titleId} ${ofAchievement}`
      const hasDestination = sql`exists (select from destinations t where t.title_id = ${titleId} and t.id = d.destination_id)`
      const [achievement, destination] = [after?.achievementId ?? '', after?.destinationId ?? '']
      const nextAfter = (lastAchievement: unknown, lastDestination: unknown) => sql`(
        select d.achievement_id, d.destination_id from deliveries d
        where ${ofPlayer} and ${COMPLETED} and ${hasDestination}
          and (d.achievement_id, d.destination_id) > (${lastAchievement}, ${lastDestination})
        order by d.achievement_id, d.destination_id limit 1
      ) next`
      const { rows } = await sql<NewestRow>`
        with recursive completed as (
          select next.*, 1 as ordinal from ${nextAfter(achievement, destination)}
          union all
          select next.*, s.ordinal + 1 from completed s
          cross join lateral ${nextAfter(sql`s.achievement_id`, sql`s.destination_id`)}
          where s.ordinal < ${limit}::integer
        ),
        pending as materialized (
          select d.achievement_id, d.destination_id, max(d.event_id) as event_id from deliveries d
          where ${ofPlayer} and d.state = 'pending' and ${hasDestination}
            and (d.achievement_id, d.destination_id) > (${achievement}, ${destination})
          group by d.achievement_id, d.destination_id
        ),
        pairs as materialized (
          select achievement_id, destination_id,
            row_number() over (order by achievement_id, destination_id)::integer as ordinal
          from (
            select achievement_id, destination_id from completed
            union select achievement_id, destination_id from pending
          ) as known
          order by ordinal limit ${limit}
        )
        select ${DELIVERY_COLUMNS_SQL}, p.ordinal, t.dialect,
          q.due_time, ${EFFECTIVE_STATE} as effective_state, d.event_id = newest.any_state as is_newest
        from pairs p
        cross join lateral (
          select max(event_id) as any_state, max(event_id) filter (where state = 'delivered') as delivered
          from (
            select of_state.* from unnest(${[...REPLAYABLE_STATES]}::text[]) as s (state)
            cross join lateral (
              select d.event_id, d.state from deliveries d
              where ${ofPlayer} and ${COMPLETED} and d.achievement_id = p.achievement_id
                and d.destination_id = p.destination_id and d.state = s.state
              order by d.event_id desc limit 1
            ) as of_state
            union all
            select event_id, 'pending' from pending
            where achievement_id = p.achievement_id and destination_id = p.destination_id
          ) as of_each
        ) newest
        cross join lateral unnest(array[newest.any_state, nullif(newest.delivered, newest.any_state)]) as shown (event_id)
        -- Each event by an equality of its own: a list of ids was a filter of all deliveries of the destination.
        cross join lateral (
          select ${DELIVERY_COLUMNS_SQL}, d.state from deliveries d
          where ${ofPlayer} and d.destination_id = p.destination_id and d.event_id = shown.event_id
          limit 1
        ) d
        join lateral (
          select dialect from destinations where title_id = ${titleId} and id = p.destination_id limit 1
        ) t on true
        left join lateral (
          select due_time, waiting from delivery_queues
          where ${isQueueOf(sql`${playerId}, ${titleId}, p.destination_id`)}
            and ${ofPlayers(sharding, 'player_id', [playerId])} limit 1
        ) q on true`.execute(db)
      return toAchievementDeliveries(rows)
    },
  }
}

interface NewestRow extends DeliveryFacts {
  readonly dialect: string
  readonly ordinal: number
  readonly due_time: bigint | null
  readonly effective_state: DeliveryState
  readonly is_newest: boolean
}

/** Each pair has a row for its newest delivery, and another for its newest delivered one if that is older. */
function toAchievementDeliveries(rows: readonly NewestRow[]): readonly AchievementDelivery[] {
  const olderDelivered = new Map(rows.filter((row) => !row.is_newest).map((row) => [row.ordinal, row]))
  return rows
    .filter((row) => row.is_newest)
    .sort((left, right) => left.ordinal - right.ordinal)
    .map((row) => {
      const event = eventOfDelivery(row)
      const delivered = olderDelivered.get(row.ordinal)
      return {
        destinationId: row.destination_id,
        dialect: row.dialect,
        achievementId: row.achievement_id,
        state: row.effective_state,
        delivered: row.effective_state === 'delivered' ? event : delivered && eventOfDelivery(delivered),
        newest: event,
        nextAttemptTime: row.effective_state === 'pending' ? (row.due_time ?? undefined) : undefined,
        error: row.error,
      }
    })
}
