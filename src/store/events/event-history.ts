import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Event, EventKind, EventWithProgress } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { ListPart } from '../../model/list-part.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import { columnsOf } from '../columns.ts'
import { EVENT_COLUMNS } from '../progress/progress-changes.ts'
import { PROGRESS_ITEMS, type ProgressItems, progressFromItems } from '../progress/progress-rows.ts'
import type { Row, Tables } from '../schema.ts'
import { MAX_BYTES } from '../within-bytes.ts'
import { toEvent } from './events.ts'

export interface EventHistoryFilter {
  readonly titleId: string
  readonly playerId: string | undefined
  /** An event that names no achievement matches any. */
  readonly achievementId: string | undefined
  /** Empty for all. */
  readonly kinds: readonly EventKind[]
  /** Inclusive. */
  readonly startTime: Instant | undefined
  /** Exclusive. */
  readonly endTime: Instant | undefined
}

/** Positions, both exclusive, and the order between them. */
export interface EventRange {
  readonly after: bigint
  readonly before: bigint
  readonly order: 'newest_first' | 'oldest_first'
}

/** Rows of the title, or of the player, that one statement reads. */
const MAX_SCANNED = 10_000

type HistoryRow = Row<'events'> & {
  /** JSON of `ProgressItems`. Null if the event has no progress. */
  readonly items: string | null
  readonly size_so_far: bigint
}

export function eventHistoryQueries(db: Kysely<Tables>) {
  /** Returns the id of the last row that may be scanned; undefined if there are fewer. */
  async function findScanEnd(
    isInRange: RawBuilder<SqlBool>,
    order: RawBuilder<unknown>,
  ): Promise<bigint | undefined> {
    const { rows } = await sql<Pick<Event, 'id'>>`
      select id from events where ${isInRange} order by id ${order} offset ${MAX_SCANNED - 1} limit 1`.execute(
      db,
    )
    return rows[0]?.id
  }

  return {
    /** Returns the matching events in the range, each with the progress after it, as many as fit in one message. */
    async list(
      filter: EventHistoryFilter,
      { after, before, order }: EventRange,
      limit: number,
    ): Promise<ListPart<EventWithProgress>> {
      const isOldestFirst = order === 'oldest_first'
      const direction = sql.raw(isOldestFirst ? 'asc' : 'desc')
      const { titleId, playerId } = filter
      // One index has the ids of a title, another those of a player.
      const isOfKey = playerId === undefined ? sql`title_id = ${titleId}` : sql`player_id = ${playerId}`
      const isInRange = sql<SqlBool>`${isOfKey} and id > ${after}::bigint and id < ${before}::bigint`
      // Read first: a purge between the statements only leaves fewer rows to scan.
      const end = isFiltered(filter) ? await findScanEnd(isInRange, direction) : undefined
      const isScanned =
        end === undefined
          ? isInRange
          : sql`${isInRange} and id ${sql.raw(isOldestFirst ? '<=' : '>=')} ${end}::bigint`
      // The inner limit keeps the filters out of the scan, so that the planner cannot choose the index of the other key.
      const { rows } = await sql<HistoryRow>`
        select ${sql.raw(columnsOf('events', 'p'))}, p.size_so_far, case when p.revoked is not null then
          json_build_array(${sql.raw(PROGRESS_ITEMS.fragment)})::text end as items
        from (
          select p.*, sum(size) over (order by id ${direction} rows unbounded preceding) as size_so_far from (
            select p.*, ${SIZE} as size from (
              select ${sql.raw(EVENT_COLUMNS.fragment)} from events where ${isScanned}
              order by id ${direction} limit ${sql.lit(MAX_SCANNED)}
            ) p where ${isMatch(filter)} order by id ${direction} limit ${limit}
          ) p
        ) p where p.size_so_far - p.size < ${sql.lit(MAX_BYTES)} order by p.id ${direction}`.execute(db)
      const isCut = Number(rows.at(-1)?.size_so_far ?? 0) >= MAX_BYTES
      const isScanEnd = !isCut && rows.length < limit && end !== undefined
      return {
        items: rows.map(toEventWithProgress),
        isCut: isCut || isScanEnd,
        scannedTo: isScanEnd ? end : undefined,
      }
    },
  }
}

/** Of the large values; the rest of a row is less than the constant. Values may be compressed, so their text is measured. */
const SIZE = sql`(500 + octet_length(p.reason) + coalesce(octet_length(p.values::text), 0)
  + octet_length(p.extensions::text))`

/** Returns whether the scan of the index may find events that the filter leaves out. */
function isFiltered({ playerId, achievementId, kinds, startTime, endTime }: EventHistoryFilter): boolean {
  return [playerId, achievementId, kinds[0], startTime, endTime].some((value) => value !== undefined)
}

function isMatch(filter: EventHistoryFilter): RawBuilder<SqlBool> {
  const { titleId, achievementId, kinds, startTime, endTime } = filter
  const conditions = [sql<SqlBool>`p.title_id = ${titleId}`]
  if (achievementId !== undefined) conditions.push(sql`p.achievement_id in ('', ${achievementId})`)
  if (kinds.length > 0) conditions.push(sql`p.kind = any(${[...kinds]}::text[])`)
  if (startTime !== undefined) conditions.push(sql`p.time >= ${startTime}::bigint`)
  if (endTime !== undefined) conditions.push(sql`p.time < ${endTime}::bigint`)
  return sql.join(conditions, sql` and `)
}

function toEventWithProgress(row: HistoryRow): EventWithProgress {
  const event = toEvent(row)
  return { ...event, progress: progressOf(event, row.items) }
}

/** Resets of all players, after a change of a definition, store no progress. */
function progressOf({ kind }: Event, items: string | null): Progress | undefined {
  if (items !== null) return progressFromItems(JSON.parse(items) as ProgressItems)
  return kind === 'reset' ? NOT_STARTED : undefined
}
