import { type Kysely, type SqlBool, sql } from 'kysely'
import type { Delivery, DeliveryRequest, DeliveryResponse, DeliveryState } from '../model/delivery.ts'
import type { Row, Tables } from './schema.ts'

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

/** The newest delivery of an achievement to a destination. */
export interface NewestDelivery {
  readonly dialect: string
  readonly delivery: Delivery
}

/** How many rows are erased at a time, so that nobody waits for long. */
const ERASED_AT_ONCE = 5_000

/** A player's wait for an account is the queue's, and is told as the state of all that waits in it. */
const STANDING = sql<DeliveryState>`case when d.state = 'pending' and q.waiting
  then 'waiting_for_account' else d.state end`

const COLUMNS = [
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
      .leftJoin('delivery_queues as q', (join) =>
        join
          .onRef('q.player_id', '=', 'd.player_id')
          .onRef('q.title_id', '=', 'd.title_id')
          .onRef('q.destination_id', '=', 'd.destination_id'),
      )
      .select([...COLUMNS, 'q.due_time', STANDING.as('standing')])
      .select([BODIES[bodies]('request').as('request'), BODIES[bodies]('response').as('response')])

  return {
    /** Newest first, without bodies. */
    async listDeliveries(filter: DeliveryFilter): Promise<readonly Delivery[]> {
      let query = select('without bodies')
        .where('d.title_id', '=', filter.titleId)
        .where('d.destination_id', '=', filter.destinationId)
      if (filter.playerId !== undefined) query = query.where('d.player_id', '=', filter.playerId)
      if (filter.achievementId !== undefined)
        query = query.where('d.achievement_id', '=', filter.achievementId)
      if (filter.before !== undefined) query = query.where('d.event_id', '<', filter.before)
      if (filter.states.length > 0) {
        query = query.where(sql<SqlBool>`${STANDING} = any(${[...filter.states]}::text[])`)
      }
      const rows = await query.orderBy('d.event_id', 'desc').limit(filter.limit).execute()
      return rows.map(toDelivery)
    },

    async deliveryById(
      titleId: string,
      destinationId: string,
      eventId: bigint,
    ): Promise<Delivery | undefined> {
      const row = await select('with bodies')
        .where('d.title_id', '=', titleId)
        .where('d.destination_id', '=', destinationId)
        .where('d.event_id', '=', eventId)
        .executeTakeFirst()
      return row && toDelivery(row)
    },

    /** Of a player, for each achievement and destination, in order of both. */
    async newestDeliveries(
      { playerId, titleId, achievementId }: NewestDeliveriesOf,
      which: 'any' | 'delivered',
    ): Promise<readonly NewestDelivery[]> {
      let query = select('without bodies')
        .innerJoin('destinations as t', (join) =>
          join.onRef('t.title_id', '=', 'd.title_id').onRef('t.id', '=', 'd.destination_id'),
        )
        .select('t.dialect')
        .distinctOn(['d.achievement_id', 'd.destination_id'])
        .where('d.player_id', '=', playerId)
        .where('d.title_id', '=', titleId)
      if (achievementId !== undefined) query = query.where('d.achievement_id', '=', achievementId)
      if (which === 'delivered') query = query.where('d.state', '=', 'delivered')
      const rows = await query
        .orderBy('d.achievement_id')
        .orderBy('d.destination_id')
        .orderBy('d.event_id', 'desc')
        .execute()
      return rows.map((row) => ({ dialect: row.dialect, delivery: toDelivery(row) }))
    },

    /** Erases some of what was meant for a destination that is gone; false when nothing of it is left. */
    async eraseDeliveries(titleId: string, destinationId: string): Promise<boolean> {
      const gone = sql<SqlBool>`not exists (
        select from destinations t where t.title_id = ${titleId} and t.id = ${destinationId})`
      const queues = await sql<{ erased: bigint }>`
        with old as (
          select player_id from delivery_queues
          where title_id = ${titleId} and destination_id = ${destinationId} and ${gone} limit ${ERASED_AT_ONCE}
        ),
        erased as (
          delete from delivery_queues q using old where q.player_id = old.player_id
            and q.title_id = ${titleId} and q.destination_id = ${destinationId} returning 1
        )
        select count(*) as erased from erased`.execute(db)
      const deliveries = await sql<{ erased: bigint }>`
        with old as (
          select player_id, event_id from deliveries
          where title_id = ${titleId} and destination_id = ${destinationId} and ${gone}
          order by event_id limit ${ERASED_AT_ONCE}
        ),
        erased as (
          delete from deliveries d using old where d.player_id = old.player_id and d.event_id = old.event_id
            and d.title_id = ${titleId} and d.destination_id = ${destinationId} returning 1
        )
        select count(*) as erased from erased`.execute(db)
      return [...queues.rows, ...deliveries.rows].some(({ erased }) => erased > 0n)
    },
  }
}

export interface NewestDeliveriesOf {
  readonly playerId: string
  readonly titleId: string
  readonly achievementId: string | undefined
}

type DeliveryRow = Omit<Row<'deliveries'>, 'state'> & {
  readonly due_time: bigint | null
  readonly standing: DeliveryState
}

function toDelivery(row: DeliveryRow): Delivery {
  return {
    titleId: row.title_id,
    destinationId: row.destination_id,
    event: {
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
    },
    state: row.standing,
    attempts: row.attempts,
    createTime: row.create_time,
    attemptTime: row.attempt_time ?? undefined,
    nextAttemptTime: row.standing === 'pending' ? (row.due_time ?? undefined) : undefined,
    idempotencyKey: row.idempotency_key,
    request: (row.request ? { body: '', ...row.request } : undefined) as DeliveryRequest | undefined,
    response: (row.response ? { body: '', ...row.response } : undefined) as DeliveryResponse | undefined,
    error: row.error,
  }
}
