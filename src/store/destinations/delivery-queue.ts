import { type Kysely, sql } from 'kysely'
import { type Destination, type DestinationKey, WEBHOOK } from '../../model/destination.ts'
import type { EventFilter } from '../../model/event.ts'
import type { Duration } from '../../model/instant.ts'
import { readClock } from '../citus/clock.ts'
import type { Sharding } from '../citus/sharding.ts'
import { columnsOf } from '../columns.ts'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Tables } from '../schema.ts'
import type { Claim, ClaimRequest, ClaimRow, DestinationWork, Lease } from './claims.ts'
import { clusterQueueQueries } from './cluster-queue.ts'
import { type DestinationRow, toDestination } from './destinations.ts'

/** Events per transaction. */
const ENQUEUE_BATCH_SIZE = 1_000
/** Due players that a claim looks at, longest waiting first. */
const SCAN_BATCH_SIZE = 1_000

/** Of `destinations d`. */
const DESTINATION_COLUMNS = sql.raw(columnsOf('destinations', 'd'))

const ticks = (time: bigint) => sql`${time}::bigint`

export function deliveryQueueQueries(db: Kysely<Tables>, sharding: Sharding) {
  const cluster = sharding.isDistributed ? clusterQueueQueries(db, sharding) : undefined

  return {
    /** Returns all destinations, with the work up to the safe position. */
    async findWork(safePosition: bigint): Promise<readonly DestinationWork[]> {
      if (cluster !== undefined) return cluster.findWork(safePosition)
      const { rows } = await sql<DestinationRow & Omit<DestinationWork, 'destination'>>`
        with clock as materialized (select ${DATABASE_CLOCK} as now)
        select ${DESTINATION_COLUMNS},
          case when f.wait_end_time > (select now from clock) then f.wait_end_time end as wait_end_time,
          exists (select from events e
            where e.title_id = d.title_id and e.id > f.position and e.id <= ${ticks(safePosition)}) as "hasNewEvents",
          -- Ordered with a limit, so that the planner always uses the index.
          coalesce((select q.due_time from delivery_queues q
            where q.title_id = d.title_id and q.destination_id = d.id
            order by q.due_time limit 1) <= (select now from clock), false) as "hasDuePlayers"
        from destinations d
        join destination_flows f on f.title_id = d.title_id and f.destination_id = d.id
        order by d.title_id, d.id`.execute(db)
      return rows.map(({ hasNewEvents, hasDuePlayers, ...row }) => ({
        destination: toDestination(row),
        hasNewEvents,
        hasDuePlayers,
      }))
    },

    /**
     * Adds the next batch of events up to the safe position to the deliveries, and returns whether there may be more; false
     * too if another process is enqueueing, or the destination has another etag, and so perhaps another filter. Progress
     * followed by a later event of the achievement is left out, or superseded if it waits unattempted. An event without an
     * achievement matches all achievements, and is unsupported by platforms: none has a request for it. A platform receives the
     * events of a merged player as the surviving one's.
     */
    async enqueueEvents(
      destination: Pick<Destination, 'titleId' | 'id' | 'etag' | 'dialect'>,
      filter: EventFilter,
      safePosition: bigint,
    ): Promise<boolean> {
      if (cluster !== undefined) return cluster.enqueueEvents(destination, filter, safePosition)
      const { titleId, id: destinationId, etag, dialect } = destination
      const { kinds, achievementIds, playerIds } = filter
      const anyOf = (column: string, values: readonly string[]) =>
        sql`(cardinality(${[...values]}::text[]) = 0 or ${sql.ref(column)} = any(${[...values]}::text[]))`
      const receiver =
        dialect === WEBHOOK
          ? sql`player_id`
          : sql`coalesce((select player_id from player_aliases where id = events.player_id), player_id)`
      const isSupported = sql`(achievement_id <> '' or ${dialect} = ${WEBHOOK})`
      const { rows } = await sql<{ hasMore: boolean }>`
        with flow as materialized (
          select position from destination_flows
          where title_id = ${titleId} and destination_id = ${destinationId}
            and exists (select from destinations
              where title_id = ${titleId} and id = ${destinationId} and revision = ${etag}::bigint)
          for no key update skip locked
        ),
        page as materialized (
          select e.* from flow cross join lateral (
            select ${receiver} as player_id, title_id, id, achievement_id, kind, time, state, percent, unlock_time, actor, reason,
              request_id, silent
            from events
            where title_id = ${titleId} and id > flow.position and id <= ${ticks(safePosition)}
            order by id limit ${ENQUEUE_BATCH_SIZE}
          ) e
        ),
        matching as materialized (
          select *, kind = 'progressed' and id < max(id) filter (where kind in ('progressed', 'unlocked'))
            over (partition by player_id, achievement_id) as superseded
          from page
          where not silent and kind = any(${[...kinds]}::text[])
            and (achievement_id = '' or ${anyOf('achievement_id', achievementIds)})
            and ${anyOf('player_id', playerIds)}
        ),
        added as (
          insert into deliveries (player_id, title_id, destination_id, event_id, achievement_id, kind, time,
            progress_state, percent, unlock_time, actor, reason, request_id, state, create_time, error)
          select player_id, title_id, ${destinationId}, id, achievement_id, kind, time, state, percent, unlock_time,
            actor, reason, request_id, case when ${isSupported} then 'pending' else 'unsupported' end, ${DATABASE_CLOCK},
            case when ${isSupported} then '' else 'the platform has no word for ' || kind end
          from matching where not superseded
          on conflict (player_id, title_id, destination_id, event_id) do nothing
        ),
        newer as materialized (
          select distinct player_id, achievement_id from matching where kind in ('progressed', 'unlocked')
        ),
        -- Deliveries enqueued before this page are older.
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
          from (select distinct player_id from matching where ${isSupported}) as players order by player_id
          on conflict (player_id, title_id, destination_id) do update set due_time = excluded.due_time
            where q.lease is null and not q.waiting and q.failures = 0 and q.due_time > excluded.due_time
        )
        update destination_flows f set position = case
            when (select count(*) from page) < ${ENQUEUE_BATCH_SIZE} then greatest(f.position, ${ticks(safePosition)})
            else (select max(id) from page) end
        from flow
        where f.title_id = ${titleId} and f.destination_id = ${destinationId}
        returning (select count(*) from page) = ${ENQUEUE_BATCH_SIZE} as "hasMore"`.execute(db)
      return rows[0]?.hasMore ?? false
    },

    /** Claims due players who have an account, as many as the rate limit has requests for, and charges one request each. */
    async claimPlayers(request: ClaimRequest): Promise<readonly Claim[]> {
      const { titleId, destinationId, lease, dialect = null, limit, interval, burst } = request
      if (cluster !== undefined)
        return (await cluster.claimPlayers(request)).map((row) => toClaim(row, lease))
      const { rows } = await sql<ClaimRow>`
        with clock as materialized (select ${DATABASE_CLOCK} as now),
        flow as materialized (
          select free_time from destination_flows
          where title_id = ${titleId} and destination_id = ${destinationId}
          for no key update skip locked
        ),
        rate_limit as materialized (
          select greatest(0, least(${limit}::bigint,
            (now + ${ticks(burst)} - greatest(free_time, now)) / ${ticks(interval)})) as requests
          from flow, clock
        ),
        due as materialized (
          select player_id from ${duePlayers(request)}
          where ${dialect}::text is null or ${hasAccount(dialect)}
          order by due_time limit (select coalesce(max(requests), 0) from rate_limit)
        ),
        claimed as (${leaseDue(request)}),
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
     * Claims due players who seem to have no account, without charging the rate limit. The caller looks the account up again
     * under the lease, and parks them.
     */
    async claimUnreachable(request: Lease & { readonly dialect: string }): Promise<readonly Claim[]> {
      if (cluster !== undefined)
        return (await cluster.claimUnreachable(request)).map((row) => toClaim(row, request.lease))
      const { rows } = await sql<ClaimRow>`
        with clock as materialized (select ${DATABASE_CLOCK} as now),
        due as materialized (
          select player_id from ${duePlayers(request)} where not ${hasAccount(request.dialect)}
        ),
        claimed as (${leaseDue(request)})
        select * from claimed`.execute(db)
      return rows.map((row) => toClaim(row, request.lease))
    },

    /** Charges the rate limit with requests that no claim has paid for, and blocks it, burst included, for the pause. */
    async charge(
      { titleId, destinationId }: DestinationKey,
      cost: Duration,
      pauseTime: Duration,
      burst: Duration,
    ): Promise<void> {
      const clock = await readClock(db, sharding)
      await sql`
        update destination_flows
        set free_time = greatest(free_time + ${ticks(cost)},
            case when ${ticks(pauseTime)} > 0 then ${clock} + ${ticks(pauseTime)} + ${ticks(burst)} end),
          wait_end_time = case when ${ticks(pauseTime)} > 0
            then greatest(wait_end_time, ${clock} + ${ticks(pauseTime)}) else wait_end_time end
        where title_id = ${titleId} and destination_id = ${destinationId}`.execute(db)
    },

    /** Ends the pause that the destination asked for. */
    async endPause({ titleId, destinationId }: DestinationKey): Promise<void> {
      const clock = await readClock(db, sharding)
      await sql`
        update destination_flows set free_time = least(free_time, ${clock}), wait_end_time = 0
        where title_id = ${titleId} and destination_id = ${destinationId} and wait_end_time > 0`.execute(db)
    },
  }
}

/** Returns a table `due_player` of players whose due time has come, longest waiting first. Needs the CTE `clock`. */
function duePlayers({ titleId, destinationId }: DestinationKey) {
  return sql`(
    select player_id, due_time from delivery_queues
    where title_id = ${titleId} and destination_id = ${destinationId} and due_time <= (select now from clock)
    order by due_time limit ${SCAN_BATCH_SIZE}
  ) as due_player`
}

/** For a row of `due_player`. A scalar subquery: a join might read all accounts. */
function hasAccount(dialect: string | null) {
  return sql`(select true from accounts a
    where a.player_id = due_player.player_id and a.dialect = ${dialect} limit 1) is true`
}

/** Leases the players of the CTE `due` that no other process has claimed meanwhile. Needs the CTE `clock`. */
function leaseDue({ titleId, destinationId, lease, leaseTime }: Lease) {
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

function toClaim(row: ClaimRow, lease: string): Claim {
  return { playerId: row.player_id, lease, dueTime: row.due_time, failures: row.failures }
}
