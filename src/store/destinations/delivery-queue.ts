import { type Kysely, sql } from 'kysely'
import type { Destination, DestinationKey } from '../../model/destination.ts'
import type { EventFilter } from '../../model/event.ts'
import type { Duration } from '../../model/instant.ts'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Row, Tables } from '../schema.ts'
import { toDestination } from './destinations.ts'

/** A destination, and whether there is something to do for it. */
export interface DestinationWork {
  readonly destination: Destination
  /** Events have come that are not among its deliveries. */
  readonly behind: boolean
  /** Players wait to be taken up. */
  readonly due: boolean
}

/** A player whose deliveries to a destination are somebody's to send, until the lease ends. */
export interface Claim {
  readonly playerId: string
  readonly lease: string
  /** When the lease ends, by the database's clock. */
  readonly dueTime: bigint
  /** Tries that failed in a row. */
  readonly failures: number
}

interface Lease extends DestinationKey {
  readonly lease: string
  readonly leaseTime: Duration
  /** Where players need an account to be reached; undefined for a webhook. */
  readonly dialect: string | undefined
}

export interface ClaimRequest extends Lease {
  readonly limit: number
  /** How long one request takes of the rate budget, and how much of it may be used at once. */
  readonly interval: Duration
  readonly burst: Duration
}

/** How many events are looked at in one transaction. */
const ENQUEUE_BATCH_SIZE = 1_000
/** How many of the players whose turn it is are looked at, longest waiting first. */
const SCAN_BATCH_SIZE = 1_000

const ticks = (time: bigint) => sql`${time}::bigint`

export function deliveryFlowQueries(db: Kysely<Tables>) {
  return {
    /** Every destination there is, with what there is to do up to a number. */
    async findWork(safePosition: bigint): Promise<readonly DestinationWork[]> {
      const { rows } = await sql<Row<'destinations'> & { behind: boolean; due: boolean }>`
        with clock as materialized (select ${DATABASE_CLOCK} as now)
        select d.*,
          exists (select from events e
            where e.title_id = d.title_id and e.id > f.position and e.id <= ${ticks(safePosition)}) as behind,
          -- The first by time, so that it is looked up whatever the planner thinks of how many there are.
          coalesce((select q.due_time from delivery_queues q
            where q.title_id = d.title_id and q.destination_id = d.id
            order by q.due_time limit 1) <= (select now from clock), false) as due
        from destinations d
        join destination_flows f on f.title_id = d.title_id and f.destination_id = d.id
        order by d.title_id, d.id`.execute(db)
      return rows.map((row) => ({ destination: toDestination(row), behind: row.behind, due: row.due }))
    },

    /**
     * Makes deliveries of the next events up to a number; false when another process is at it, or none is left. Progress
     * that a later event of the achievement goes beyond is left out, or superseded where it waits untried. None are taken
     * up for a destination that has changed: its filter may be another now.
     */
    async enqueueEvents(
      { titleId, id: destinationId, etag }: Pick<Destination, 'titleId' | 'id' | 'etag'>,
      { kinds, achievementIds, playerIds }: EventFilter,
      safePosition: bigint,
    ): Promise<boolean> {
      const anyOf = (column: string, values: readonly string[]) =>
        sql`(cardinality(${[...values]}::text[]) = 0 or ${sql.ref(column)} = any(${[...values]}::text[]))`
      const { rows } = await sql<{ moved: boolean }>`
        with flow as materialized (
          select position from destination_flows
          where title_id = ${titleId} and destination_id = ${destinationId}
            and exists (select from destinations
              where title_id = ${titleId} and id = ${destinationId} and revision = ${etag}::bigint)
          for no key update skip locked
        ),
        page as materialized (
          select e.* from flow cross join lateral (
            select * from events
            where title_id = ${titleId} and id > flow.position and id <= ${ticks(safePosition)}
            order by id limit ${ENQUEUE_BATCH_SIZE}
          ) e
        ),
        meant as materialized (
          select *, kind = 'progressed' and id < max(id) filter (where kind in ('progressed', 'unlocked'))
            over (partition by player_id, achievement_id) as superseded
          from page
          where kind = any(${[...kinds]}::text[]) and ${anyOf('achievement_id', achievementIds)}
            and ${anyOf('player_id', playerIds)}
        ),
        added as (
          insert into deliveries (player_id, title_id, destination_id, event_id, achievement_id, kind, time,
            progress_state, percent, unlock_time, actor, reason, request_id, state, create_time)
          select player_id, title_id, ${destinationId}, id, achievement_id, kind, time, state, percent, unlock_time,
            actor, reason, request_id, 'pending', ${DATABASE_CLOCK}
          from meant where not superseded
          on conflict (player_id, title_id, destination_id, event_id) do nothing
        ),
        newer as materialized (
          select distinct player_id, achievement_id from meant where kind in ('progressed', 'unlocked')
        ),
        -- All that was there before the page is older.
        superseded as (
          update deliveries set state = 'superseded'
          where player_id = any(array(select player_id from newer)) and title_id = ${titleId}
            and destination_id = ${destinationId} and event_id <= (select position from flow)
            and state = 'pending' and kind = 'progressed' and attempts = 0
            and ((player_id, achievement_id) in (select player_id, achievement_id from newer)) is true
        ),
        queued as (
          insert into delivery_queues as q (player_id, title_id, destination_id, due_time)
          select player_id, ${titleId}, ${destinationId}, ${DATABASE_CLOCK}
          from (select distinct player_id from meant) as players order by player_id
          on conflict (player_id, title_id, destination_id) do update set due_time = excluded.due_time
            where q.lease is null and not q.waiting and q.failures = 0 and q.due_time > excluded.due_time
        )
        update destination_flows f set position = case
            when (select count(*) from page) < ${ENQUEUE_BATCH_SIZE} then greatest(f.position, ${ticks(safePosition)})
            else (select max(id) from page) end
        from flow
        where f.title_id = ${titleId} and f.destination_id = ${destinationId}
        returning (select count(*) from page) = ${ENQUEUE_BATCH_SIZE} as moved`.execute(db)
      return rows[0]?.moved ?? false
    },

    /** Takes up players whose turn it is and who can be reached, as many as the rate budget has requests for. */
    async claimPlayers(request: ClaimRequest): Promise<readonly Claim[]> {
      const { titleId, destinationId, lease, dialect = null, limit, interval, burst } = request
      const { rows } = await sql<ClaimRow>`
        with clock as materialized (select ${DATABASE_CLOCK} as now),
        flow as materialized (
          select free_time from destination_flows
          where title_id = ${titleId} and destination_id = ${destinationId}
          for no key update skip locked
        ),
        budget as materialized (
          select greatest(0, least(${limit}::bigint,
            (now + ${ticks(burst)} - greatest(free_time, now)) / ${ticks(interval)})) as requests
          from flow, clock
        ),
        due as materialized (
          select player_id from ${turnsOf(request)}
          where ${dialect}::text is null or ${hasAccount(dialect)}
          order by due_time limit (select coalesce(max(requests), 0) from budget)
        ),
        claimed as (${leased(request)}),
        charged as (
          update destination_flows f set free_time = greatest(f.free_time, clock.now)
            + ${ticks(interval)} * (select count(*) from claimed)
          from clock, flow
          where f.title_id = ${titleId} and f.destination_id = ${destinationId}
            and exists (select from claimed)
        )
        select * from claimed`.execute(db)
      return rows.map((row) => toClaim(row, lease))
    },

    /**
     * Takes up players whose turn it is and who cannot be reached, as it seems: for whoever looks again while nobody else
     * does, and then lets them wait.
     */
    async claimUnreachable(request: Lease & { readonly dialect: string }): Promise<readonly Claim[]> {
      const { rows } = await sql<ClaimRow>`
        with clock as materialized (select ${DATABASE_CLOCK} as now),
        due as materialized (
          select player_id from ${turnsOf(request)} where not ${hasAccount(request.dialect)}
        ),
        claimed as (${leased(request)})
        select * from claimed`.execute(db)
      return rows.map((row) => toClaim(row, request.lease))
    },

    /** Takes of the rate budget what requests beyond a claim's first cost, or all of it for a time. */
    async charge({ titleId, destinationId }: DestinationKey, cost: Duration, held: Duration): Promise<void> {
      await sql`
        update destination_flows
        set free_time = greatest(free_time + ${ticks(cost)}, ${DATABASE_CLOCK} + ${ticks(held)})
        where title_id = ${titleId} and destination_id = ${destinationId}`.execute(db)
    },
  }
}

/** The players whose turn has come, longest waiting first. Beside `clock`. */
function turnsOf({ titleId, destinationId }: DestinationKey) {
  return sql`(
    select player_id, due_time from delivery_queues
    where title_id = ${titleId} and destination_id = ${destinationId} and due_time <= (select now from clock)
    order by due_time limit ${SCAN_BATCH_SIZE}
  ) as turn`
}

/** Of a row of `turnsOf`. Looked up for each: as a join it might read all accounts. */
function hasAccount(dialect: string | null) {
  return sql`(select true from accounts a
    where a.player_id = turn.player_id and a.dialect = ${dialect} limit 1) is true`
}

/** Those of `due` that nobody else has taken up meanwhile. Beside `clock`. */
function leased({ titleId, destinationId, lease, leaseTime }: Lease) {
  return sql`
    update delivery_queues set lease = ${lease}, due_time = clock.now + ${ticks(leaseTime)}, waiting = false
    from clock
    where title_id = ${titleId} and destination_id = ${destinationId} and player_id = any(array(
      select player_id from delivery_queues
      where player_id = any(array(select player_id from due)) and title_id = ${titleId}
        and destination_id = ${destinationId} and due_time <= (select now from clock)
      for update skip locked))
    returning player_id, due_time, failures`
}

interface ClaimRow {
  readonly player_id: string
  readonly due_time: bigint
  readonly failures: number
}

function toClaim(row: ClaimRow, lease: string): Claim {
  return { playerId: row.player_id, lease, dueTime: row.due_time, failures: row.failures }
}
