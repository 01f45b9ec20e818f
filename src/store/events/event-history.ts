import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Event, EventKind, EventWithProgress } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { ListPart } from '../../model/list-part.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import { columnsOf } from '../columns.ts'
import { EVENT_COLUMNS } from '../progress/progress-changes.ts'
import { PROGRESS_ITEMS, type ProgressItems, progressFromItems } from '../progress/progress-rows.ts'
import { type IdRange, listScanned } from '../scanned-list.ts'
import type { Row, Tables } from '../schema.ts'
import { toEvent } from './events.ts'

export interface EventHistoryFilter {
  /** Undefined for all titles of the player. */
  readonly titleId: string | undefined
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

type HistoryRow = Row<'events'> & {
  /** JSON of `ProgressItems`. Null if the event has no progress. */
  readonly items: string | null
}

export function eventHistoryQueries(db: Kysely<Tables>) {
  return {
    /** Returns the matching events in the range, each with the progress after it, as many as fit in one message. */
    async list(
      filter: EventHistoryFilter,
      range: IdRange,
      limit: number,
    ): Promise<ListPart<EventWithProgress>> {
      const { titleId, playerId } = filter
      const list = {
        table: 'events',
        // One index has the ids of a title, another those of a player.
        isOfKey:
          playerId === undefined
            ? sql<SqlBool>`title_id = ${titleId}`
            : sql<SqlBool>`player_id = ${playerId}`,
        filters: filtersOf(filter),
        columns: sql.raw(EVENT_COLUMNS.fragment),
        selected: SELECTED,
        size: SIZE,
      } as const
      const part = await listScanned<HistoryRow>(db, list, range, limit)
      return { ...part, items: part.items.map(toEventWithProgress) }
    },
  }
}

const SELECTED = sql.raw(`${columnsOf('events', 'p')}, case when p.revoked is not null then
  json_build_array(${PROGRESS_ITEMS.fragment})::text end as items`)

/** Of the large values; the rest of a row is less than the constant. Values may be compressed, so their text is measured. */
const SIZE = sql`(500 + octet_length(p.reason) + coalesce(octet_length(p.values::text), 0)
  + octet_length(p.extensions::text))`

/** Returns the conditions that the scan of the index leaves open. */
function filtersOf(filter: EventHistoryFilter): readonly RawBuilder<SqlBool>[] {
  const { titleId, playerId, achievementId, kinds, startTime, endTime } = filter
  const conditions: RawBuilder<SqlBool>[] = []
  if (playerId !== undefined && titleId !== undefined) conditions.push(sql`p.title_id = ${titleId}`)
  if (achievementId !== undefined) conditions.push(sql`p.achievement_id in ('', ${achievementId})`)
  if (kinds.length > 0) conditions.push(sql`p.kind = any(${[...kinds]}::text[])`)
  if (startTime !== undefined) conditions.push(sql`p.time >= ${startTime}::bigint`)
  if (endTime !== undefined) conditions.push(sql`p.time < ${endTime}::bigint`)
  return conditions
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
