import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Delivery, DeliveryRequest, DeliveryResponse, DeliveryState } from '../../model/delivery.ts'
import type { Event } from '../../model/event.ts'
import type { Row, Tables } from '../schema.ts'

export interface DeliveryFilter {
  readonly titleId: string
  readonly destinationId: string
  readonly playerId: string | undefined
  readonly achievementId: string | undefined
  /** Empty for all. */
  readonly states: readonly DeliveryState[]
  /** Of older events than this one. */
  readonly before: bigint | undefined
  readonly limit: number
}

/** How many rows are erased at a time, so that nobody waits for long. */
const DELETE_BATCH_SIZE = 5_000
/** No number or time is higher. */
const LAST = 2n ** 63n - 1n

/**
 * A player's wait for an account is the queue's, and is told as the state of all that waits in it. Of a delivery `d` and its
 * queue `q`.
 */
export const EFFECTIVE_STATE = sql<DeliveryState>`case when d.state = 'pending' and q.waiting
  then 'waiting_for_account' else d.state end`

/** All but the state, of a delivery `d`, and what may be long. */
export const DELIVERY_COLUMNS = [
  'd.player_id',
  'd.title_id',
  'd.destination_id',
  'd.event_id',
  'd.achievement_id',
  'd.kind',
  'd.time',
  'd.progress_state',
  'd.percent',
  'd.unlock_time',
  'd.actor',
  'd.reason',
  'd.request_id',
  'd.attempts',
  'd.create_time',
  'd.attempt_time',
  'd.idempotency_key',
  'd.error',
] as const

type Kept = Row<'deliveries'>['request']

/** Lists do without bodies, which may be long. */
const BODIES = {
  'with bodies': (column: string) => sql<Kept>`${sql.ref(`d.${column}`)}`,
  'without bodies': (column: string) => sql<Kept>`${sql.ref(`d.${column}`)} - 'body'`,
}

export function deliveryQueries(db: Kysely<Tables>) {
  const select = (bodies: keyof typeof BODIES) =>
    db
      .selectFrom('deliveries as d')
      // Looked up for each row, whatever the planner knows of the tables.
      .leftJoinLateral(
        (of) =>
          of
            .selectFrom('delivery_queues')
            .select(['due_time', 'waiting'])
            .whereRef('player_id', '=', 'd.player_id')
            .whereRef('title_id', '=', 'd.title_id')
            .whereRef('destination_id', '=', 'd.destination_id')
            .limit(1)
            .as('q'),
        (join) => join.onTrue(),
      )
      .select([...DELIVERY_COLUMNS, 'q.due_time', EFFECTIVE_STATE.as('effective_state')])
      .select([BODIES[bodies]('request').as('request'), BODIES[bodies]('response').as('response')])

  return {
    /** Newest first, without bodies. */
    async list(filter: DeliveryFilter): Promise<readonly Delivery[]> {
      let query = select('without bodies')
        .where('d.title_id', '=', filter.titleId)
        .where('d.destination_id', '=', filter.destinationId)
      if (filter.playerId !== undefined) query = query.where('d.player_id', '=', filter.playerId)
      if (filter.achievementId !== undefined)
        query = query.where('d.achievement_id', '=', filter.achievementId)
      if (filter.before !== undefined) query = query.where('d.event_id', '<', filter.before)
      if (filter.states.length > 0) {
        const kept = filter.states.map((state) => (state === 'waiting_for_account' ? 'pending' : state))
        query = query
          .where(isAnyOf('d.state', kept))
          .where(sql<SqlBool>`${EFFECTIVE_STATE} = any(${[...filter.states]}::text[])`)
      }
      const rows = await query.orderBy('d.event_id', 'desc').limit(filter.limit).execute()
      return rows.map(toDelivery)
    },

    async find(titleId: string, destinationId: string, eventId: bigint): Promise<Delivery | undefined> {
      const row = await select('with bodies')
        .where('d.title_id', '=', titleId)
        .where('d.destination_id', '=', destinationId)
        .where('d.event_id', '=', eventId)
        .executeTakeFirst()
      return row && toDelivery(row)
    },

    /** Erases some of what was meant for a destination that is gone; false when nothing of it is left. */
    async deleteBatch(titleId: string, destinationId: string): Promise<boolean> {
      const gone = sql`not exists (
        select from destinations t where t.title_id = ${titleId} and t.id = ${destinationId})`
      const its = sql`title_id = ${titleId} and destination_id = ${destinationId}`
      const queues = await sql<{ player_id: string }>`
        with bound as materialized (
          select due_time from delivery_queues where ${its} order by due_time offset ${DELETE_BATCH_SIZE} limit 1
        )
        delete from delivery_queues where ${its} and ${gone}
          and due_time <= coalesce((select due_time from bound), ${LAST})
        returning player_id`.execute(db)
      const deliveries = await sql<{ player_id: string }>`
        with bound as materialized (
          select event_id from deliveries where ${its} order by event_id offset ${DELETE_BATCH_SIZE} limit 1
        )
        delete from deliveries where ${its} and ${gone}
          and event_id <= coalesce((select event_id from bound), ${LAST})
        returning player_id`.execute(db)
      return queues.rows.length + deliveries.rows.length > 0
    },
  }
}

/** Of one state alone the statement says so itself, so that an index of such rows is found. */
export function isAnyOf(column: string, states: readonly DeliveryState[]): RawBuilder<SqlBool> {
  const [state] = states
  return states.length === 1
    ? sql`${sql.ref(column)} = ${sql.lit(state)}`
    : sql`${sql.ref(column)} = any(${[...states]}::text[])`
}

type DeliveryRow = Omit<Row<'deliveries'>, 'state'> & {
  readonly due_time: bigint | null
  readonly effective_state: DeliveryState
}

/** The event as it was when it was taken up. */
export function eventOfDelivery(row: Omit<Row<'deliveries'>, 'state'>): Event {
  return {
    id: row.event_id,
    titleId: row.title_id,
    playerId: row.player_id,
    achievementId: row.achievement_id,
    kind: row.kind,
    time: row.time,
    state: row.progress_state,
    percent: row.percent,
    unlockTime: row.unlock_time ?? undefined,
    actor: row.actor,
    reason: row.reason,
    requestId: row.request_id,
  }
}

function toDelivery(row: DeliveryRow): Delivery {
  return {
    titleId: row.title_id,
    destinationId: row.destination_id,
    event: eventOfDelivery(row),
    state: row.effective_state,
    attempts: row.attempts,
    createTime: row.create_time,
    attemptTime: row.attempt_time ?? undefined,
    nextAttemptTime: row.effective_state === 'pending' ? (row.due_time ?? undefined) : undefined,
    idempotencyKey: row.idempotency_key,
    request: (row.request ? { body: '', ...row.request } : undefined) as DeliveryRequest | undefined,
    response: (row.response ? { body: '', ...row.response } : undefined) as DeliveryResponse | undefined,
    error: row.error,
  }
}
