import { type Kysely, sql } from 'kysely'
import type { AchievementDelivery, DeliveryState } from '../model/delivery.ts'
import { DELIVERY_COLUMNS, eventOfDelivery, STANDING } from './deliveries.ts'
import type { Row, Tables } from './schema.ts'

export interface AchievementDeliveryFilter {
  readonly playerId: string
  readonly titleId: string
  /** Undefined for all. */
  readonly achievementId: string | undefined
  /** Only what comes after it; undefined for all. */
  readonly after: Pick<AchievementDelivery, 'achievementId' | 'destinationId'> | undefined
  readonly limit: number
}

/** As they are kept. */
const STATES: readonly Row<'deliveries'>['state'][] = [
  'pending',
  'delivered',
  'superseded',
  'unsupported',
  'dead',
]

export function achievementDeliveryQueries(db: Kysely<Tables>) {
  return {
    /**
     * What destinations know of a player's achievements, in order of achievement and destination. Goes from one to the
     * next by the index, and looks up the newest delivery of each state: what lies between is not read, however much.
     */
    async achievementDeliveries(filter: AchievementDeliveryFilter): Promise<readonly AchievementDelivery[]> {
      const { playerId, titleId, achievementId, after, limit } = filter
      const ofPlayer = sql`d.player_id = ${playerId} and d.title_id = ${titleId}`
      const asked = achievementId === undefined ? sql`` : sql`and d.achievement_id = ${achievementId}`
      const nextTo = (achievement: unknown, destination: unknown) => sql`(
        select d.achievement_id, d.destination_id, t.dialect from deliveries d
        join lateral (
          select dialect from destinations where title_id = ${titleId} and id = d.destination_id limit 1
        ) t on true
        where ${ofPlayer} ${asked} and (d.achievement_id, d.destination_id) > (${achievement}, ${destination})
        order by d.achievement_id, d.destination_id limit 1
      ) next`
      const { rows } = await sql<NewestRow>`
        with recursive pairs as (
          select next.*, 1 as place from ${nextTo(after?.achievementId ?? '', after?.destinationId ?? '')}
          union all
          select next.*, p.place + 1 from pairs p
          cross join lateral ${nextTo(sql`p.achievement_id`, sql`p.destination_id`)}
          where p.place < ${limit}::integer
        )
        select ${sql.join(DELIVERY_COLUMNS.map((column) => sql.ref(column)))}, p.dialect, p.place,
          q.due_time, ${STANDING} as standing, d.event_id = newest.any_state as newest
        from pairs p
        cross join lateral (
          select max(event_id) as any_state, max(event_id) filter (where state = 'delivered') as delivered
          from unnest(${[...STATES]}::text[]) as s (state)
          cross join lateral (
            select d.event_id from deliveries d
            where ${ofPlayer} and d.achievement_id = p.achievement_id and d.destination_id = p.destination_id
              and d.state = s.state
            order by d.event_id desc limit 1
          ) of_state
        ) newest
        cross join lateral (
          select * from deliveries d
          where ${ofPlayer} and d.destination_id = p.destination_id
            and d.event_id = any(array[newest.any_state, newest.delivered])
          limit 2
        ) d
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
  readonly place: number
  readonly due_time: bigint | null
  readonly standing: DeliveryState
  readonly newest: boolean
}

/** Of each the newest delivery, and the newest that arrived where that is another one. */
function toAchievementDeliveries(rows: readonly NewestRow[]): readonly AchievementDelivery[] {
  const arrived = new Map(rows.filter(({ newest }) => !newest).map((row) => [row.place, row]))
  return rows
    .filter(({ newest }) => newest)
    .sort((left, right) => left.place - right.place)
    .map((row) => {
      const event = eventOfDelivery(row)
      const delivered = arrived.get(row.place)
      return {
        destinationId: row.destination_id,
        dialect: row.dialect,
        achievementId: row.achievement_id,
        state: row.standing,
        delivered: row.standing === 'delivered' ? event : delivered && eventOfDelivery(delivered),
        newest: event,
        nextAttemptTime: row.standing === 'pending' ? (row.due_time ?? undefined) : undefined,
        error: row.error,
      }
    })
}
