import { type Kysely, sql } from 'kysely'
import type { DeliveryRequest, DeliveryResponse } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Event } from '../../model/event.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { Duration } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Row, Tables } from '../schema.ts'
import { eventOfDelivery } from './deliveries.ts'
import type { Claim } from './delivery-queue.ts'

/** An event that is to be sent now. */
export interface Attempt {
  readonly event: Event
  /** Which try it is, from 1. */
  readonly number: number
}

/** What became of a delivery that was taken up. */
export interface AttemptResult {
  readonly playerId: string
  readonly eventId: bigint
  /**
   * `unsent`: what came before it failed, so that it was not tried; `probed`: tried to see whether a destination that is
   * away is back, which it is not, so that the try does not count; the others as deliveries have it.
   */
  readonly state: 'delivered' | 'pending' | 'unsent' | 'probed' | 'unsupported' | 'dead'
  readonly idempotencyKey: string
  readonly request: DeliveryRequest | undefined
  readonly response: DeliveryResponse | undefined
  /** Empty for none. */
  readonly error: string
}

/** What is to become of a player's queue. */
export interface Release {
  readonly claim: Claim
  /** Tries that failed in a row. */
  readonly failures: number
  /** How long it is left alone. */
  readonly rest: Duration
}

/** So many deliveries of one player are sent at most before others have their turn. */
const MAX_ATTEMPTS_IN_FLIGHT = 50
/** So many of a player's are looked through for what was tried before, oldest first. */
const SCAN_BATCH_SIZE = 1_000
/**
 * A player without an account is looked at again, first in ten seconds and at last once a day, although a new account wakes
 * the queue: whoever linked it may have done so before the queue was there, or died before it was woken.
 */
const WAIT = sql`least(864000000000, 100000000 * 4 ^ least(q.failures, 10))::bigint`

/**
 * Players and events are named as lists beside whatever they are joined with, and rows are looked for in a hash (`is true`): plans
 * that are made once for all would join all with all, where the tables have grown since.
 */
export function deliveryAttemptQueries(db: Kysely<Tables>) {
  return {
    /** Lets players wait for an account; those whose time was changed are in a hurry, because one has come meanwhile. */
    async backOff({ titleId, destinationId }: DestinationKey, claims: readonly Claim[]): Promise<void> {
      await sql`
        update delivery_queues q set lease = null, waiting = q.due_time = c.due_time,
          failures = case when q.due_time = c.due_time then q.failures + 1 else 0 end,
          due_time = ${DATABASE_CLOCK} + case when q.due_time = c.due_time then ${WAIT} else 0 end
        from ${claimRows(claims)}
        where q.player_id = any(${claims.map(({ playerId }) => playerId)}::text[])
          and q.title_id = ${titleId} and q.destination_id = ${destinationId}
          and q.player_id = c.player_id and q.lease = c.lease`.execute(db)
    },

    /**
     * What is to be sent for these players, counted as tried: what was tried before comes alone, so that it is the same
     * as it was; else what is oldest. In order of event.
     */
    async begin(
      { titleId, destinationId }: DestinationKey,
      playerIds: readonly string[],
    ): Promise<readonly Attempt[]> {
      const { rows } = await sql<Row<'deliveries'>>`
        with picked as materialized (
          select d.* from unnest(${[...playerIds]}::text[]) as p (player_id)
          cross join lateral (
            select player_id, event_id, attempts, bool_or(attempts > 0) over () as again from (
              select player_id, event_id, attempts from deliveries
              where player_id = p.player_id and title_id = ${titleId} and destination_id = ${destinationId}
                and state = 'pending'
              order by event_id limit ${SCAN_BATCH_SIZE}
            ) as oldest
            order by attempts = 0, event_id limit ${MAX_ATTEMPTS_IN_FLIGHT}
          ) d
        )
        update deliveries set attempts = attempts + 1, attempt_time = ${DATABASE_CLOCK}
        where player_id = any(${[...playerIds]}::text[]) and title_id = ${titleId}
          and destination_id = ${destinationId} and state = 'pending'
          and event_id = any(array(select event_id from picked))
          and ((player_id, event_id) in (
            select player_id, event_id from picked where attempts > 0 or not again)) is true
        returning *`.execute(db)
      return rows
        .map((row) => ({ event: eventOfDelivery(row), number: row.attempts }))
        .sort((left, right) => (left.event.id < right.event.id ? -1 : 1))
    },

    /** Writes what became of deliveries. It stands whoever has the lease now, for it happened. */
    async complete(
      { titleId, destinationId }: DestinationKey,
      results: readonly AttemptResult[],
    ): Promise<void> {
      const rows = formatJson(results.map(toRow))
      await sql`
        update deliveries d set
          state = case when r.state in ('unsent', 'probed') then 'pending' else r.state end,
          -- What was sent, if only as a probe, may have arrived, and must not look as if it had never been tried.
          attempts = case r.state
            when 'unsent' then greatest(d.attempts - 1, 0)
            when 'probed' then greatest(d.attempts - 1, 1)
            else d.attempts end,
          idempotency_key = case when r.key = '' then d.idempotency_key else r.key end,
          request = case when r.key = '' then d.request else r.request end,
          response = case when r.key = '' then d.response else r.response end,
          error = r.error
        from jsonb_to_recordset(${rows}::jsonb) as r (player_id text, event_id bigint, state text, key text,
          request jsonb, response jsonb, error text)
        where d.player_id = any(${results.map(({ playerId }) => playerId)}::text[])
          and d.event_id = any(${results.map(({ eventId }) => eventId)}::bigint[])
          and d.title_id = ${titleId} and d.destination_id = ${destinationId} and d.state = 'pending'
          and d.player_id = r.player_id and d.event_id = r.event_id`.execute(db)
    },

    /** Locks the queues, in order: who adds deliveries meanwhile waits, and what they added shows afterwards. */
    async lockQueues(
      { titleId, destinationId }: DestinationKey,
      playerIds: readonly string[],
    ): Promise<void> {
      await sql`
        select 1 from delivery_queues
        where player_id = any(${[...playerIds]}::text[]) and title_id = ${titleId}
          and destination_id = ${destinationId}
        order by player_id for update`.execute(db)
    },

    /** Gives players back: to nobody where nothing is left for them, else to whoever takes them up next. */
    async releaseQueues(
      { titleId, destinationId }: DestinationKey,
      releases: readonly Release[],
    ): Promise<void> {
      const rests = releases.map(({ rest }) => String(rest))
      const failures = releases.map((release) => release.failures)
      const playerIds = releases.map(({ claim }) => claim.playerId)
      await sql`
        with released as materialized (
          select c.player_id, c.lease, c.due_time, r.rest, r.failures, exists (select from deliveries d
            where d.player_id = c.player_id and d.title_id = ${titleId} and d.destination_id = ${destinationId}
              and d.state = 'pending') as left_over
          from ${claimRows(releases.map(({ claim }) => claim))}
          join unnest(${rests}::bigint[], ${failures}::integer[]) with ordinality as r (rest, failures, place)
            on r.place = c.place
        ),
        emptied as (
          delete from delivery_queues
          where player_id = any(${playerIds}::text[]) and title_id = ${titleId}
            and destination_id = ${destinationId}
            and ((player_id, lease) in (select player_id, lease from released where not left_over)) is true
        )
        update delivery_queues q set lease = null,
          failures = released.failures,
          -- Another time than the lease's end means that somebody is in a hurry.
          due_time = ${DATABASE_CLOCK} + case when q.due_time = released.due_time then rest else 0 end
        from released
        where q.player_id = any(${playerIds}::text[]) and q.title_id = ${titleId}
          and q.destination_id = ${destinationId} and q.player_id = released.player_id
          and q.lease = released.lease and left_over`.execute(db)
    },
  }
}

/** As `c`. */
function claimRows(claims: readonly Claim[]) {
  return sql`unnest(${claims.map(({ playerId }) => playerId)}::text[], ${claims.map(({ lease }) => lease)}::text[],
    ${claims.map(({ dueTime }) => String(dueTime))}::bigint[]) with ordinality
    as c (player_id, lease, due_time, place)`
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
