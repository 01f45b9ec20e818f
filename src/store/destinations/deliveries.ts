import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Delivery, DeliveryRequest, DeliveryResponse, DeliveryState } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Event } from '../../model/event.ts'
import type { Sharding } from '../citus/sharding.ts'
import type { Row, Tables } from '../schema.ts'

export interface DeliveryFilter {
  readonly titleId: string
  readonly destinationId: string
  readonly playerId: string | undefined
  readonly achievementId: string | undefined
  /** Empty for all. */
  readonly states: readonly DeliveryState[]
  /** Only deliveries of events with a lower id. */
  readonly before: bigint | undefined
  readonly limit: number
}

const DELETE_BATCH_SIZE = 5_000
const PURGE_SCAN_BATCH_SIZE = 5_000

/** The state of a delivery `d` with its queue `q`: all pending deliveries of a parked queue wait for the account. */
export const EFFECTIVE_STATE = sql<DeliveryState>`case when d.state = 'pending' and q.waiting
  then 'waiting_for_account' else d.state end`

/** The columns of a delivery `d` without state, request and response. */
const DELIVERY_COLUMNS = [
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

/** The names of all columns. */
export const DELIVERY_COLUMN_NAMES: readonly string[] = [
  ...DELIVERY_COLUMNS.map((column) => column.slice('d.'.length)),
  'state',
  'request',
  'response',
]

/** The same as SQL, without the last three. */
export const DELIVERY_COLUMNS_SQL = sql.raw(DELIVERY_COLUMNS.join(', '))

/** A row of `DELIVERY_COLUMNS`. */
export type DeliveryFacts = Omit<Row<'deliveries'>, 'state' | 'request' | 'response'>

type StoredJson = Row<'deliveries'>['request']

const BODIES = {
  'with bodies': (column: string) => sql<StoredJson>`${sql.ref(`d.${column}`)}`,
  'without bodies': (column: string) => sql<StoredJson>`${sql.ref(`d.${column}`)} - 'body'`,
}

export function deliveryQueries(db: Kysely<Tables>, { isDistributed }: Sharding) {
  const select = (bodies: keyof typeof BODIES) =>
    db
      .selectFrom('deliveries as d')
      .leftJoinLateral(
        (of) => {
          const queues = of.selectFrom('delivery_queues').select(['due_time', 'waiting'])
          // Citus joins rows of one shard by equality, and without a limit.
          return isDistributed
            ? queues
                .where(
                  sql<SqlBool>`(player_id, title_id, destination_id) = (d.player_id, d.title_id, d.destination_id)`,
                )
                .as('q')
            : // An index lookup per row, whatever statistics the planner has.
              queues.where(isQueueOf(sql`d.player_id, d.title_id, d.destination_id`)).limit(1).as('q')
        },
        (join) => join.onTrue(),
      )
      .select([...DELIVERY_COLUMNS, 'q.due_time', EFFECTIVE_STATE.as('effective_state')])
      .select([BODIES[bodies]('request').as('request'), BODIES[bodies]('response').as('response')])

  return {
    /** Returns deliveries, newest first, without bodies. */
    async list(filter: DeliveryFilter): Promise<readonly Delivery[]> {
      let query = select('without bodies')
        .where('d.title_id', '=', filter.titleId)
        .where('d.destination_id', '=', filter.destinationId)
      if (filter.playerId !== undefined) query = query.where('d.player_id', '=', filter.playerId)
      if (filter.achievementId !== undefined)
        query = query.where('d.achievement_id', '=', filter.achievementId)
      if (filter.before !== undefined) query = query.where('d.event_id', '<', filter.before)
      if (filter.states.length > 0) {
        const storedStates = filter.states.map((state) =>
          state === 'waiting_for_account' ? 'pending' : state,
        )
        query = query
          .where(isAnyOf('d.state', storedStates))
          .where(sql<SqlBool>`${EFFECTIVE_STATE} = any(${[...filter.states]}::text[])`)
      }
      const rows = await query.orderBy('d.event_id', 'desc').limit(filter.limit).execute()
      return rows.map(toDelivery)
    },

    /** Returns a player's deliveries after one, in order of title, destination and event, without bodies. */
    async listOfPlayer(
      playerId: string,
      { titleId, destinationId, eventId }: DestinationKey & { readonly eventId: bigint },
      limit: number,
    ): Promise<readonly Delivery[]> {
      const rows = await select('without bodies')
        .where('d.player_id', '=', playerId)
        .where(
          sql<SqlBool>`(d.title_id, d.destination_id, d.event_id) > (${titleId}, ${destinationId}, ${eventId}::bigint)`,
        )
        .orderBy('d.title_id')
        .orderBy('d.destination_id')
        .orderBy('d.event_id')
        .limit(limit)
        .execute()
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

    /**
     * Deletes a batch of the deliveries, queues and sent percents of a deleted destination. Returns false if there were none.
     */
    async deleteBatch(titleId: string, destinationId: string): Promise<boolean> {
      const isDeleted = sql`not exists (
        select from destinations t where t.title_id = ${titleId} and t.id = ${destinationId})`
      const isOfDestination = sql`title_id = ${titleId} and destination_id = ${destinationId}`
      const deleteUpTo = async (table: string, column: string): Promise<bigint> => {
        const { rows } = await sql<{ bound: bigint | string }>`
          select ${sql.ref(column)} as bound from ${sql.table(table)} where ${isOfDestination}
          order by ${sql.ref(column)} offset ${DELETE_BATCH_SIZE} limit 1`.execute(db)
        const [end] = rows
        const isInBatch = end === undefined ? sql`true` : sql`${sql.ref(column)} <= ${end.bound}`
        const { numAffectedRows = 0n } = await sql`
          delete from ${sql.table(table)} where ${isOfDestination} and ${isDeleted} and ${isInBatch}`.execute(
          db,
        )
        return numAffectedRows
      }
      const queues = await deleteUpTo('delivery_queues', 'due_time')
      const deliveries = await deleteUpTo('deliveries', 'event_id')
      // After the deliveries: a transaction that completes one may still be storing its percent.
      const percents = await deleteUpTo('sent_percents', 'player_id')
      return queues + deliveries + percents > 0n
    },

    /** Returns the keys of all destinations. */
    async listDestinations(): Promise<readonly DestinationKey[]> {
      const rows = await db.selectFrom('destinations').select(['title_id', 'id']).execute()
      return rows.map((row) => ({ titleId: row.title_id, destinationId: row.id }))
    },

    /**
     * Deletes completed deliveries of a batch of events after one position and up to another. Keeps pending deliveries,
     * dead letters and the last delivered one of each achievement, which the list of an achievement's deliveries shows.
     * Returns the position reached, undefined at the end.
     */
    async purge(
      { titleId, destinationId }: DestinationKey,
      after: bigint,
      upTo: bigint,
    ): Promise<bigint | undefined> {
      if (isDistributed) return purgeShards({ titleId, destinationId }, after, upTo)
      const { rows } = await sql<{ reached: bigint | null }>`
        with old as materialized (
          select player_id, event_id, achievement_id, state from deliveries
          where title_id = ${titleId} and destination_id = ${destinationId}
            and event_id > ${after} and event_id <= ${upTo}
          order by event_id limit ${PURGE_SCAN_BATCH_SIZE}
        ),
        completed as materialized (
          select player_id, event_id from old
          where state in ('superseded', 'unsupported') or state = 'delivered' and (achievement_id = '' or exists (
            select from deliveries newer
            where newer.player_id = old.player_id and newer.title_id = ${titleId}
              and newer.destination_id = ${destinationId} and newer.event_id > old.event_id
              and newer.achievement_id = old.achievement_id and newer.state = 'delivered'))
        ),
        deleted as (
          delete from deliveries
          where player_id = any(array(select player_id from completed)) and title_id = ${titleId}
            and destination_id = ${destinationId} and event_id <= ${upTo}
            and state in ('superseded', 'unsupported', 'delivered')
            and ((player_id, event_id) in (select player_id, event_id from completed)) is true
        )
        select max(event_id) as reached from old`.execute(db)
      return rows[0]?.reached ?? undefined
    },
  }

  /** As `purge`, with joins of the rows of one shard. */
  async function purgeShards(
    { titleId, destinationId }: DestinationKey,
    after: bigint,
    upTo: bigint,
  ): Promise<bigint | undefined> {
    const { rows } = await sql<{ reached: bigint | null }>`
      select max(event_id) as reached from (
        select event_id from deliveries
        where title_id = ${titleId} and destination_id = ${destinationId}
          and event_id > ${after} and event_id <= ${upTo}
        order by event_id limit ${PURGE_SCAN_BATCH_SIZE}
      ) old`.execute(db)
    const reached = rows[0]?.reached ?? undefined
    if (reached === undefined) return undefined
    await sql`
      delete from deliveries d
      where title_id = ${titleId} and destination_id = ${destinationId}
        and event_id > ${after} and event_id <= ${reached}
        and (state in ('superseded', 'unsupported') or state = 'delivered' and (achievement_id = '' or exists (
          select from deliveries newer
          where newer.player_id = d.player_id and newer.title_id = ${titleId}
            and newer.destination_id = ${destinationId} and newer.event_id > d.event_id
            and newer.achievement_id = d.achievement_id and newer.state = 'delivered')))`.execute(db)
    return reached
  }
}

/**
 * Returns whether a row of `delivery_queues` has the key. As a range, because only the primary key has an index for it: for
 * equalities the planner took the index of due times without statistics, and read all queues of the destination.
 */
export function isQueueOf(key: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return sql`(player_id, title_id, destination_id) between (${key}) and (${key})`
}

/** A single state is written as a literal, so that the planner can use a partial index. */
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

/** Returns the event as it was when it was enqueued. */
export function eventOfDelivery(row: DeliveryFacts): Event {
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
