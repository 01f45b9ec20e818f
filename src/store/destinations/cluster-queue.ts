import { type Kysely, sql } from 'kysely'
import { compositeKey } from '../../model/composite-key.ts'
import { type Destination, type DestinationKey, WEBHOOK } from '../../model/destination.ts'
import type { EventFilter, EventKind } from '../../model/event.ts'
import { readClock } from '../citus/clock.ts'
import { ofPlayers, type Sharding } from '../citus/sharding.ts'
import { columnsOf } from '../columns.ts'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Row, Tables } from '../schema.ts'
import type { ClaimRequest, ClaimRow, DestinationWork, Lease } from './claims.ts'
import { type DestinationRow, toDestination } from './destinations.ts'

/** Events per transaction. */
const ENQUEUE_BATCH_SIZE = 1_000
/** Due players that a claim looks at, longest waiting first. */
const SCAN_BATCH_SIZE = 1_000

const DESTINATION_COLUMNS = sql.raw(columnsOf('destinations', 'd'))

type PageRow = Pick<
  Row<'events'>,
  | 'player_id'
  | 'id'
  | 'achievement_id'
  | 'time'
  | 'state'
  | 'percent'
  | 'unlock_time'
  | 'actor'
  | 'reason'
  | 'request_id'
> & { readonly kind: EventKind; readonly silent: boolean }

/**
 * The statements of `deliveryQueueQueries` that Citus does not support, as several of one transaction: they lock the destination's
 * flow on the coordinator, and then read and write the shards.
 */
export function clusterQueueQueries(db: Kysely<Tables>, sharding: Sharding) {
  return {
    async findWork(safePosition: bigint): Promise<readonly DestinationWork[]> {
      const { rows } = await sql<DestinationRow & { readonly position: bigint }>`
        select ${DESTINATION_COLUMNS}, f.position,
          case when f.wait_end_time > ${DATABASE_CLOCK} then f.wait_end_time end as wait_end_time
        from destinations d
        join destination_flows f on f.title_id = d.title_id and f.destination_id = d.id
        order by d.title_id, d.id`.execute(db)
      if (rows.length === 0) return []
      const clock = await readClock(db, sharding)
      const due = await sql<{ title_id: string; destination_id: string }>`
        select distinct title_id, destination_id from delivery_queues where due_time <= ${clock}`.execute(db)
      const withDue = new Set(due.rows.map((row) => compositeKey(row.title_id, row.destination_id)))
      const lastIds = new Map<string, bigint>()
      for (const titleId of new Set(rows.map((row) => row.title_id)))
        lastIds.set(titleId, await findLastId(titleId, safePosition))
      return rows.map(({ position, ...row }) => ({
        destination: toDestination(row),
        hasNewEvents: (lastIds.get(row.title_id) ?? 0n) > position,
        hasDuePlayers: withDue.has(compositeKey(row.title_id, row.id)),
      }))
    },

    async enqueueEvents(
      { titleId, id: destinationId, etag, dialect }: Pick<Destination, 'titleId' | 'id' | 'etag' | 'dialect'>,
      filter: EventFilter,
      safePosition: bigint,
    ): Promise<boolean> {
      const flow = await sql<{ position: bigint }>`
        select position from destination_flows
        where title_id = ${titleId} and destination_id = ${destinationId} and exists (
          select from destinations where title_id = ${titleId} and id = ${destinationId} and revision = ${etag}::bigint)
        for no key update skip locked`.execute(db)
      const position = flow.rows[0]?.position
      if (position === undefined) return false
      const page = await listPage(titleId, dialect, position, safePosition)
      const matching = page.filter(isSelectedBy(filter))
      const newest = newestProgress(matching)
      const added = matching.filter(
        (row) => row.kind !== 'progressed' || row.id >= (newest.get(progressKey(row)) ?? row.id),
      )
      const isSupported = (row: PageRow) => row.achievement_id !== '' || dialect === WEBHOOK
      const clock = await readClock(db, sharding)
      await insertDeliveries({ titleId, destinationId }, added, isSupported)
      const newer = matching.filter(isProgress)
      for (const group of sharding.groups(newer, (row) => row.player_id)) {
        const players = group.map((row) => row.player_id)
        // Deliveries enqueued before this page are older.
        await sql`
          update deliveries set state = 'superseded'
          where player_id = any(${[...new Set(players)]}::text[]) and title_id = ${titleId}
            and destination_id = ${destinationId} and event_id <= ${position}
            and state = 'pending' and kind = 'progressed' and attempts = 0
            and (player_id, achievement_id) in (select * from unnest(${players}::text[],
              ${group.map((row) => row.achievement_id)}::text[]))`.execute(db)
      }
      const queued = new Set(matching.filter(isSupported).map((row) => row.player_id))
      for (const group of sharding.groups([...queued].sort(), (playerId) => playerId)) {
        await sql`
          insert into delivery_queues as q (player_id, title_id, destination_id, due_time)
          select player_id, ${titleId}, ${destinationId}, ${clock} from unnest(${[...group]}::text[]) as players (player_id)
          on conflict (player_id, title_id, destination_id) do update set due_time = excluded.due_time
            where q.lease is null and not q.waiting and q.failures = 0 and q.due_time > excluded.due_time`.execute(
          db,
        )
      }
      const hasMore = page.length === ENQUEUE_BATCH_SIZE
      const reached = hasMore ? (page.at(-1) as PageRow).id : safePosition
      await sql`
        update destination_flows set position = greatest(position, ${reached}::bigint)
        where title_id = ${titleId} and destination_id = ${destinationId}`.execute(db)
      return hasMore
    },

    async claimPlayers(request: ClaimRequest): Promise<readonly ClaimRow[]> {
      const { titleId, destinationId, dialect, limit, interval, burst } = request
      const flow = await sql<{ now: bigint; requests: bigint }>`
        select c.now, greatest(0, least(${limit}::bigint,
          (c.now + ${burst}::bigint - greatest(f.free_time, c.now)) / ${interval}::bigint)) as requests
        from (
          select free_time from destination_flows
          where title_id = ${titleId} and destination_id = ${destinationId}
          for no key update skip locked
        ) f, (select ${DATABASE_CLOCK} as now) c`.execute(db)
      const { now, requests = 0n } = flow.rows[0] ?? {}
      if (now === undefined || requests === 0n) return []
      const due = await listDue(request, now, dialect === undefined ? undefined : true)
      const claims = await lease(request, now, due.slice(0, Number(requests)))
      if (claims.length === 0) return []
      await sql`
        update destination_flows set free_time = greatest(free_time, ${now}::bigint)
          + ${interval}::bigint * ${claims.length}::bigint
        where title_id = ${titleId} and destination_id = ${destinationId}`.execute(db)
      return claims
    },

    async claimUnreachable(request: Lease): Promise<readonly ClaimRow[]> {
      const { rows } = await sql<{ now: bigint }>`select ${DATABASE_CLOCK} as now`.execute(db)
      const now = rows[0]?.now ?? 0n
      return lease(request, now, await listDue(request, now, false))
    },
  }

  async function findLastId(titleId: string, safePosition: bigint): Promise<bigint> {
    const { rows } = await sql<{ id: bigint }>`
      select id from events where title_id = ${titleId} and id <= ${safePosition}::bigint
      order by id desc limit 1`.execute(db)
    return rows[0]?.id ?? 0n
  }

  /** Returns the next events. A platform receives those of a merged player as the surviving one's. */
  async function listPage(
    titleId: string,
    dialect: string,
    position: bigint,
    safePosition: bigint,
  ): Promise<readonly PageRow[]> {
    const { rows } = await sql<PageRow>`
      select player_id, id, achievement_id, kind, time, state, percent, unlock_time, actor, reason, request_id, silent
      from events
      where title_id = ${titleId} and id > ${position}::bigint and id <= ${safePosition}::bigint
      order by id limit ${ENQUEUE_BATCH_SIZE}`.execute(db)
    if (dialect === WEBHOOK || rows.length === 0) return rows
    const aliases = await sql<{ id: string; player_id: string }>`
      select id, player_id from player_aliases
      where id = any(${[...new Set(rows.map((row) => row.player_id))]}::text[])`.execute(db)
    const survivors = new Map(aliases.rows.map((row) => [row.id, row.player_id]))
    return rows.map((row) => ({ ...row, player_id: survivors.get(row.player_id) ?? row.player_id }))
  }

  async function insertDeliveries(
    { titleId, destinationId }: DestinationKey,
    rows: readonly PageRow[],
    isSupported: (row: PageRow) => boolean,
  ): Promise<void> {
    const clock = await readClock(db, sharding)
    for (const group of sharding.groups(rows, (row) => row.player_id)) {
      const list = <Value>(cellOf: (row: PageRow) => Value) => group.map(cellOf)
      await sql`
        insert into deliveries (player_id, title_id, destination_id, event_id, achievement_id, kind, time,
          progress_state, percent, unlock_time, actor, reason, request_id, state, create_time, error)
        select r.player_id, ${titleId}, ${destinationId}, r.event_id, r.achievement_id, r.kind, r.time, r.progress_state,
          r.percent, r.unlock_time, r.actor, r.reason, r.request_id, r.state, ${clock}, r.error
        from unnest(${list((row) => row.player_id)}::text[], ${list((row) => String(row.id))}::bigint[],
          ${list((row) => row.achievement_id)}::text[], ${list((row) => row.kind)}::text[],
          ${list((row) => String(row.time))}::bigint[], ${list((row) => row.state)}::text[],
          ${list((row) => row.percent)}::smallint[],
          ${list((row) => (row.unlock_time === null ? null : String(row.unlock_time)))}::bigint[],
          ${list((row) => row.actor)}::text[], ${list((row) => row.reason)}::text[],
          ${list((row) => row.request_id)}::text[],
          ${list((row) => (isSupported(row) ? 'pending' : 'unsupported'))}::text[],
          ${list((row) => (isSupported(row) ? '' : `the platform has no word for ${row.kind}`))}::text[])
          as r (player_id, event_id, achievement_id, kind, time, progress_state, percent, unlock_time, actor, reason,
            request_id, state, error)
        on conflict (player_id, title_id, destination_id, event_id) do nothing`.execute(db)
    }
  }

  /** Returns players whose due time has come, longest waiting first; with or without an account, unless undefined. */
  async function listDue(
    { titleId, destinationId, dialect }: Lease,
    now: bigint,
    hasAccount: boolean | undefined,
  ): Promise<readonly string[]> {
    const { rows } = await sql<{ player_id: string; has_account: boolean }>`
      select due_player.player_id, account.player_id is not null as has_account
      from (
        select player_id, due_time from delivery_queues
        where title_id = ${titleId} and destination_id = ${destinationId} and due_time <= ${now}::bigint
        order by due_time limit ${SCAN_BATCH_SIZE}
      ) as due_player
      left join (select distinct player_id from accounts where dialect = ${dialect ?? ''}
        and player_id in (
          select player_id from delivery_queues
          where title_id = ${titleId} and destination_id = ${destinationId} and due_time <= ${now}::bigint
        )) as account on account.player_id = due_player.player_id
      order by due_player.due_time`.execute(db)
    return rows
      .filter((row) => hasAccount === undefined || row.has_account === hasAccount)
      .map((row) => row.player_id)
  }

  /** Leases the players that no other process has claimed meanwhile. */
  async function lease(
    { titleId, destinationId, lease: id, leaseTime }: Lease,
    now: bigint,
    playerIds: readonly string[],
  ): Promise<readonly ClaimRow[]> {
    const claims: ClaimRow[] = []
    for (const group of sharding.groups(playerIds, (playerId) => playerId)) {
      const free = await sql<{ player_id: string }>`
        select player_id from delivery_queues
        where ${ofPlayers(sharding, 'player_id', group)} and title_id = ${titleId}
          and destination_id = ${destinationId} and due_time <= ${now}::bigint
        for update skip locked`.execute(db)
      const ids = free.rows.map((row) => row.player_id)
      if (ids.length === 0) continue
      const { rows } = await sql<ClaimRow>`
        update delivery_queues set lease = ${id}, due_time = ${now + leaseTime}::bigint, waiting = false
        where player_id = any(${ids}::text[]) and title_id = ${titleId} and destination_id = ${destinationId}
        returning player_id, due_time, failures`.execute(db)
      claims.push(...rows)
    }
    return claims
  }
}

function isProgress({ kind }: PageRow): boolean {
  return kind === 'progressed' || kind === 'unlocked'
}

function progressKey(row: PageRow): string {
  return compositeKey(row.player_id, row.achievement_id)
}

/** Returns the last event with progress of each player's achievement. */
function newestProgress(rows: readonly PageRow[]): ReadonlyMap<string, bigint> {
  return new Map(rows.filter(isProgress).map((row) => [progressKey(row), row.id]))
}

function isSelectedBy({ kinds, achievementIds, playerIds }: EventFilter): (row: PageRow) => boolean {
  const isAnyOf = (values: readonly string[], value: string) => values.length === 0 || values.includes(value)
  return (row) =>
    !row.silent &&
    kinds.includes(row.kind) &&
    (row.achievement_id === '' || isAnyOf(achievementIds, row.achievement_id)) &&
    isAnyOf(playerIds, row.player_id)
}
