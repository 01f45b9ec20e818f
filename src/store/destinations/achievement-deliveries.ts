import { type Kysely, sql } from 'kysely'
import { type AchievementDelivery, type DeliveryState, REPLAYABLE_STATES } from '../../model/delivery.ts'
import type { Row, Tables } from '../schema.ts'
import { DELIVERY_COLUMNS, EFFECTIVE_STATE, eventOfDelivery } from './deliveries.ts'

export interface AchievementDeliveryFilter {
  readonly playerId: string
  readonly titleId: string
  /** Undefined for all. */
  readonly achievementId: string | undefined
  /** Only what comes after it; undefined for all. */
  readonly after: Pick<AchievementDelivery, 'achievementId' | 'destinationId'> | undefined
  readonly limit: number
}

/** What the index has: the statement says so itself, so that the index is found. */
const SETTLED = sql`d.state in (${sql.join(REPLAYABLE_STATES.map((state) => sql.lit(state)))})`

export function achievementDeliveryQueries(db: Kysely<Tables>) {
  return {
    /**
     * What destinations know of a player's achievements, in order of achievement and destination. Of what was settled it
     * goes from one to the next by an index, and looks up the newest of each state: what lies between is not read, however
     * much. All that is pending is read: of one achievement it is little, because progress that waits is superseded. What
     * is superseded is never the newest.
     */
    async list(filter: AchievementDeliveryFilter): Promise<readonly AchievementDelivery[]> {
      const { playerId, titleId, achievementId, after, limit } = filter
      const asked = achievementId === undefined ? sql`` : sql`and d.achievement_id = ${achievementId}`
      const ofPlayer = sql`d.player_id = ${playerId} and d.title_id = ${titleId} ${asked}`
      const isThere = sql`exists (select from destinations t where t.title_id = ${titleId} and t.id = d.destination_id)`
      const [achievement, destination] = [after?.achievementId ?? '', after?.destinationId ?? '']
      const nextTo = (lastAchievement: unknown, lastDestination: unknown) => sql`(
        select d.achievement_id, d.destination_id from deliveries d
        where ${ofPlayer} and ${SETTLED} and ${isThere}
          and (d.achievement_id, d.destination_id) > (${lastAchievement}, ${lastDestination})
        order by d.achievement_id, d.destination_id limit 1
      ) next`
      const { rows } = await sql<NewestRow>`
        with recursive settled as (
          select next.*, 1 as place from ${nextTo(achievement, destination)}
          union all
          select next.*, s.place + 1 from settled s
          cross join lateral ${nextTo(sql`s.achievement_id`, sql`s.destination_id`)}
          where s.place < ${limit}::integer
        ),
        pending as materialized (
          select d.achievement_id, d.destination_id, max(d.event_id) as event_id from deliveries d
          where ${ofPlayer} and d.state = 'pending' and ${isThere}
            and (d.achievement_id, d.destination_id) > (${achievement}, ${destination})
          group by d.achievement_id, d.destination_id
        ),
        pairs as materialized (
          select achievement_id, destination_id,
            row_number() over (order by achievement_id, destination_id)::integer as place
          from (
            select achievement_id, destination_id from settled
            union select achievement_id, destination_id from pending
          ) as known
          order by place limit ${limit}
        )
        select ${sql.join(DELIVERY_COLUMNS.map((column) => sql.ref(column)))}, p.place, t.dialect,
          q.due_time, ${EFFECTIVE_STATE} as effective_state, d.event_id = newest.any_state as newest
        from pairs p
        cross join lateral (
          select max(event_id) as any_state, max(event_id) filter (where state = 'delivered') as delivered
          from (
            select of_state.* from unnest(${[...REPLAYABLE_STATES]}::text[]) as s (state)
            cross join lateral (
              select d.event_id, d.state from deliveries d
              where ${ofPlayer} and ${SETTLED} and d.achievement_id = p.achievement_id
                and d.destination_id = p.destination_id and d.state = s.state
              order by d.event_id desc limit 1
            ) as of_state
            union all
            select event_id, 'pending' from pending
            where achievement_id = p.achievement_id and destination_id = p.destination_id
          ) as of_each
        ) newest
        cross join lateral (
          select * from deliveries d
          where ${ofPlayer} and d.destination_id = p.destination_id
            and d.event_id = any(array[newest.any_state, newest.delivered])
          limit 2
        ) d
        join lateral (
          select dialect from destinations where title_id = ${titleId} and id = p.destination_id limit 1
        ) t on true
        left join lateral (
          select due_time, waiting from delivery_queues
          where player_id = ${playerId} and title_id = ${titleId} and destination_id = p.destination_id
          limit 1
        ) q on true`.execute(db)
      return toAchievementDeliveries(rows)
    },
  }
}

interface NewestRow extends Omit<Row<'deliveries'>, 'state'> {
  readonly dialect: string
  readonly ordinal: number
  readonly due_time: bigint | null
  readonly effective_state: DeliveryState
  readonly newest: boolean
}

/** Of each the newest delivery, and the newest that arrived where that is another one. */
function toAchievementDeliveries(rows: readonly NewestRow[]): readonly AchievementDelivery[] {
  const arrived = new Map(rows.filter(({ newest }) => !newest).map((row) => [row.ordinal, row]))
  return rows
    .filter(({ newest }) => newest)
    .sort((left, right) => left.ordinal - right.ordinal)
    .map((row) => {
      const event = eventOfDelivery(row)
      const delivered = arrived.get(row.ordinal)
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
