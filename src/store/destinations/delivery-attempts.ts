import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { DeliveryRequest, DeliveryResponse } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Event } from '../../model/event.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { Duration } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import { readClock } from '../citus/clock.ts'
import { forEachGroup, ofPlayers, type Sharding } from '../citus/sharding.ts'
import type { Row, Tables } from '../schema.ts'
import type { Claim } from './claims.ts'
import { DELIVERY_COLUMNS_SQL, type DeliveryFacts, eventOfDelivery } from './deliveries.ts'

/** An event to send now. */
export interface Attempt {
  readonly event: Event
  /** The number of the attempt, from 1. */
  readonly number: number
}

/** The result of one delivery of a claim. */
export interface AttemptResult {
  readonly playerId: string
  readonly eventId: bigint
  /**
   * `unsent`: not sent, because an earlier one failed; `probed`: failed as the probe of a destination that is down, which
   * does not count as an attempt; the others are states of deliveries.
   */
  readonly state: 'delivered' | 'pending' | 'unsent' | 'probed' | 'unsupported' | 'dead'
  readonly idempotencyKey: string
  readonly request: DeliveryRequest | undefined
  readonly response: DeliveryResponse | undefined
  /** Empty for none. */
  readonly error: string
}

/** How to release a claimed queue. */
export interface Release {
  readonly claim: Claim
  /** Failed attempts in a row. */
  readonly failures: number
  /** Time until the next attempt. */
  readonly backoffTime: Duration
}

/** Deliveries of one player per claim, so that other players get their turn. */
const MAX_ATTEMPTS_PER_CLAIM = 50
/** A player's oldest pending deliveries, searched for attempted ones. */
const SCAN_BATCH_SIZE = 1_000
/**
 * The ticks until a parked player is checked again: from ten seconds up to a day. Linking an account requeues the player, but
 * it may have happened before the queue existed, or its process may have died before the requeue.
 */
const PARK_TIME = sql`least(864000000000, 100000000 * 4 ^ least(q.failures, 10))::bigint`

/**
 * The statements repeat player and event ids as arrays beside the joins, and `(...) in (...) is true` forces a hashed lookup:
 * a generic plan, made while the tables were small, would otherwise use nested loops over whole tables.
 */
export function deliveryAttemptQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    /** Parks players until they have an account. A changed due time means that one was linked meanwhile: requeues them. */
    async park(key: DestinationKey, claims: readonly Claim[]): Promise<void> {
      const clock = await readClock(db, sharding)
      for (const group of sharding.groups(claims, ({ playerId }) => playerId)) await park(key, group, clock)
    },

    /**
     * Counts an attempt of each player's next deliveries and returns them, ordered by event. Deliveries attempted before
     * come without others, so that the retry sends the same request; else the oldest ones.
     */
    async start(key: DestinationKey, playerIds: readonly string[]): Promise<readonly Attempt[]> {
      const clock = await readClock(db, sharding)
      const rows = await forEachGroup(
        sharding,
        playerIds,
        (id) => id,
        (group) => start(key, group, clock),
      )
      return rows
        .map((row) => ({ event: eventOfDelivery(row), number: row.attempts }))
        .sort((left, right) => byId(left.event, right.event))
    },

    /**
     * Stores results, and returns the events that are delivered now, in their order. The lease is not checked: the requests
     * were sent, whichever process has the lease now.
     */
    async complete(key: DestinationKey, results: readonly AttemptResult[]): Promise<readonly Event[]> {
      const rows = await forEachGroup(
        sharding,
        results,
        ({ playerId }) => playerId,
        (group) => complete(key, group),
      )
      return rows
        .filter(({ state }) => state === 'delivered')
        .map(eventOfDelivery)
        .sort(byId)
    },

    /** Locks the queues, ordered by player. Enqueueing waits for the locks, so its deliveries are visible or not yet added. */
    async lockQueues(
      { titleId, destinationId }: DestinationKey,
      playerIds: readonly string[],
    ): Promise<void> {
      for (const group of sharding.groups(playerIds, (id) => id)) {
        await sql`
          select 1 from delivery_queues
          where player_id = any(${[...group]}::text[]) and title_id = ${titleId}
            and destination_id = ${destinationId}
          order by player_id for update`.execute(db)
      }
    },

    /** Releases queues: deletes those without pending deliveries, and makes the others due after their backoff. */
    async releaseQueues(key: DestinationKey, releases: readonly Release[]): Promise<void> {
      const clock = await readClock(db, sharding)
      for (const group of sharding.groups(releases, ({ claim }) => claim.playerId))
        await releaseQueues(key, group, clock)
    },
  }

  async function park(
    { titleId, destinationId }: DestinationKey,
    claims: readonly Claim[],
    clock: RawBuilder<bigint>,
  ): Promise<void> {
    await sql`
        update delivery_queues q set lease = null, waiting = q.due_time = c.due_time,
          failures = case when q.due_time = c.due_time then q.failures + 1 else 0 end,
          due_time = ${clock} + case when q.due_time = c.due_time then ${PARK_TIME} else 0 end
        from ${claimRows(claims)}
        where q.player_id = any(${claims.map(({ playerId }) => playerId)}::text[])
          and q.title_id = ${titleId} and q.destination_id = ${destinationId}
          and q.player_id = c.player_id and q.lease = c.lease`.execute(db)
  }

  async function start(
    { titleId, destinationId }: DestinationKey,
    playerIds: readonly string[],
    clock: RawBuilder<bigint>,
  ): Promise<readonly DeliveryFacts[]> {
    const { rows } = await sql<DeliveryFacts>`
        with picked as materialized (
          select d.* from unnest(${[...playerIds]}::text[]) as p (player_id)
          cross join lateral (
            select player_id, event_id, attempts, bool_or(attempts > 0) over () as is_retry from (
              select player_id, event_id, attempts from deliveries
              where player_id = p.player_id and title_id = ${titleId} and destination_id = ${destinationId}
                and state = 'pending' and ${ofPlayers(sharding, 'player_id', playerIds)}
              order by event_id limit ${SCAN_BATCH_SIZE}
            ) as oldest
            order by attempts = 0, event_id limit ${MAX_ATTEMPTS_PER_CLAIM}
          ) d
        )
        update deliveries d set attempts = attempts + 1, attempt_time = ${clock}
        where player_id = any(${[...playerIds]}::text[]) and title_id = ${titleId}
          and destination_id = ${destinationId} and state = 'pending'
          and event_id = any(array(select event_id from picked))
          and ((player_id, event_id) in (
            select player_id, event_id from picked where attempts > 0 or not is_retry)) is true
        returning ${DELIVERY_COLUMNS_SQL}`.execute(db)
    return rows
  }

  async function complete(
    { titleId, destinationId }: DestinationKey,
    results: readonly AttemptResult[],
  ): Promise<readonly (DeliveryFacts & Pick<Row<'deliveries'>, 'state'>)[]> {
    const json = formatJson(results.map(toRow))
    const { rows } = await sql<DeliveryFacts & Pick<Row<'deliveries'>, 'state'>>`
        update deliveries d set
          state = case when r.state in ('unsent', 'probed') then 'pending' else r.state end,
          -- A probe may have arrived, so it must not look as if it had never been attempted.
          attempts = case
            when r.state = 'unsent' then greatest(d.attempts - 1, 0)
            when r.state = 'probed' then greatest(d.attempts - 1, 1)
            else d.attempts end,
          idempotency_key = case when r.key = '' then d.idempotency_key else r.key end,
          request = case when r.key = '' then d.request else r.request end,
          response = case when r.key = '' then d.response else r.response end,
          error = r.error
        from jsonb_to_recordset(${json}::jsonb) as r (player_id text, event_id bigint, state text, key text,
          request jsonb, response jsonb, error text)
        where d.player_id = any(${results.map(({ playerId }) => playerId)}::text[])
          and d.event_id = any(${results.map(({ eventId }) => eventId)}::bigint[])
          and d.title_id = ${titleId} and d.destination_id = ${destinationId} and d.state = 'pending'
          and d.player_id = r.player_id and d.event_id = r.event_id
        returning ${DELIVERY_COLUMNS_SQL}, d.state`.execute(db)
    return rows
  }

  async function releaseQueues(
    { titleId, destinationId }: DestinationKey,
    releases: readonly Release[],
    clock: RawBuilder<bigint>,
  ): Promise<void> {
    const backoffTimes = releases.map(({ backoffTime }) => String(backoffTime))
    const failures = releases.map((release) => release.failures)
    const playerIds = releases.map(({ claim }) => claim.playerId)
    await sql`
        with released as materialized (
          select c.player_id, c.lease, c.due_time, r.backoff_time, r.failures, exists (select from deliveries d
            where d.player_id = c.player_id and d.title_id = ${titleId} and d.destination_id = ${destinationId}
              and d.state = 'pending' and ${ofPlayers(sharding, 'd.player_id', playerIds)}) as is_pending
          from ${claimRows(releases.map(({ claim }) => claim))}
          join unnest(${backoffTimes}::bigint[], ${failures}::integer[]) with ordinality as r (backoff_time, failures, ordinal)
            on r.ordinal = c.ordinal
        ),
        emptied as (
          delete from delivery_queues
          where player_id = any(${playerIds}::text[]) and title_id = ${titleId}
            and destination_id = ${destinationId}
            and ((player_id, lease) in (select player_id, lease from released where not is_pending)) is true
        )
        update delivery_queues q set lease = null,
          failures = released.failures,
          -- A changed due time means that the queue was requeued during the lease.
          due_time = ${clock} + case when q.due_time = released.due_time then backoff_time else 0 end
        from released
        where q.player_id = any(${playerIds}::text[]) and q.title_id = ${titleId}
          and q.destination_id = ${destinationId} and q.player_id = released.player_id
          and q.lease = released.lease and is_pending`.execute(db)
  }
}

function byId(left: Event, right: Event): number {
  return left.id < right.id ? -1 : 1
}

/** Returns the claims as a table `c`. */
function claimRows(claims: readonly Claim[]) {
  return sql`unnest(${claims.map(({ playerId }) => playerId)}::text[], ${claims.map(({ lease }) => lease)}::text[],
    ${claims.map(({ dueTime }) => String(dueTime))}::bigint[]) with ordinality
    as c (player_id, lease, due_time, ordinal)`
}

function toRow({
  playerId,
  eventId,
  state,
  idempotencyKey,
  request,
  response,
  error,
}: AttemptResult): JsonObject {
  return {
    player_id: playerId,
    event_id: eventId,
    state,
    key: idempotencyKey,
    request: request === undefined ? null : { ...request },
    response: response === undefined ? null : { ...response },
    error,
  }
}
