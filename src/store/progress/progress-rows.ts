import { formatJson, parseExactJson } from '../../model/exact-json.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Progress, ProgressKey } from '../../model/progress.ts'
import type { Extensions } from '../../model/title.ts'
import { quantityFromJson, quantityToJson } from '../achievements/definition.ts'
import { COLUMNS } from '../columns.ts'
import { type Columns, fragment } from '../fixed-statement.ts'
import type { Row } from '../schema.ts'

/** One player's progress on one achievement. */
export interface ProgressRecord extends ProgressKey {
  readonly progress: Progress
}

export const PROGRESS_KEY = ['player_id', 'title_id', 'achievement_id']
const VERSIONS = ['version', 'migration_version']
/** The columns of a progress row that a change replaces. */
export const PROGRESS_FACTS = COLUMNS.progress.filter(
  (name) => !PROGRESS_KEY.includes(name) && !VERSIONS.includes(name),
)

/** The columns of `progressRows`, for statements that insert progress. */
export const PROGRESS_COLUMNS = fragment([...PROGRESS_KEY, ...PROGRESS_FACTS].join(', '))

/** Ends an insert of progress: a row that exists takes the new facts and the next version. */
export const REPLACE_PROGRESS = fragment(
  `on conflict (${PROGRESS_KEY.join(', ')}) do update set ${assignments('excluded')}, version = progress.version + 1`,
)

/**
 * The version of a new row. Each change of progress takes an id of an event and raises a version by one, so a version that
 * starts at the next id is above all that the row had before it was deleted.
 */
export const FIRST_VERSION = fragment(`nextval('events_id_seq')`)

/** Returns the assignments of an update of progress from the rows of an alias. */
export function assignments(alias: string): string {
  return PROGRESS_FACTS.map((name) => `${name} = ${alias}.${name}`).join(', ')
}

export function progressRows(records: readonly ProgressRecord[]): Columns {
  return {
    player_id: ['text', records.map(({ playerId }) => playerId)],
    title_id: ['text', records.map(({ titleId }) => titleId)],
    achievement_id: ['text', records.map(({ achievementId }) => achievementId)],
    state: ['text', records.map(({ progress }) => progress.state)],
    values: ['jsonb', records.map(({ progress }) => valuesText(progress))],
    reported_percent: ['smallint', records.map(({ progress }) => progress.reportedPercent)],
    percent: ['smallint', records.map(({ progress }) => progress.percent)],
    unlock_time: ['bigint', records.map(({ progress }) => progress.unlockTime)],
    unlock_precision: ['text', records.map(({ progress }) => progress.unlockPrecision)],
    first_report_time: ['bigint', records.map(({ progress }) => progress.firstReportTime)],
    last_report_time: ['bigint', records.map(({ progress }) => progress.lastReportTime)],
    window_start: ['bigint', records.map(({ progress }) => progress.windowStart)],
    revoked: ['boolean', records.map(({ progress }) => progress.revoked)],
    writer: ['text', records.map(({ progress }) => progress.writer)],
    extensions: ['jsonb', records.map(({ progress }) => extensionsText(progress))],
  }
}

/**
 * Progress `p` as items of one JSON array, for statements that return many rows as one text: the driver reads a text much
 * faster than rows. 64-bit integers are text, and so are extensions, which may hold larger integers.
 */
export const PROGRESS_ITEMS = fragment(`p.state, p.values, p.reported_percent, p.percent, p.unlock_time::text,
  p.unlock_precision, p.first_report_time::text, p.last_report_time::text, p.window_start::text, p.revoked, p.writer, p.extensions::text`)

/** All null where there is no row. */
export type ProgressItems = readonly [
  state: Progress['state'] | null,
  values: Readonly<Record<string, string | number>>,
  reportedPercent: number,
  percent: number,
  unlockTime: string | null,
  unlockPrecision: Progress['unlockPrecision'] | null,
  firstReportTime: string | null,
  lastReportTime: string | null,
  windowStart: string | null,
  revoked: boolean,
  writer: string,
  extensions: string,
]

export function progressFromItems(items: ProgressItems): Progress | undefined {
  const [state, values, reportedPercent, percent, unlockTime, unlockPrecision, first, last, ...rest] = items
  if (state === null) return undefined
  const [windowStart, revoked, writer, extensions] = rest
  return {
    state,
    values: mapValues(values, quantityFromJson),
    reportedPercent,
    percent,
    unlockTime: instantFromText(unlockTime),
    unlockPrecision: unlockPrecision ?? undefined,
    firstReportTime: instantFromText(first),
    lastReportTime: instantFromText(last),
    windowStart: instantFromText(windowStart),
    revoked,
    writer,
    extensions: extensionsFromText(extensions),
  }
}

export function progressFromRow(row: Row<'progress'>): ProgressRecord {
  return {
    playerId: row.player_id,
    titleId: row.title_id,
    achievementId: row.achievement_id,
    progress: {
      state: row.state,
      values: mapValues(row.values as Readonly<Record<string, string | number>>, quantityFromJson),
      reportedPercent: row.reported_percent,
      percent: row.percent,
      unlockTime: row.unlock_time ?? undefined,
      unlockPrecision: row.unlock_precision ?? undefined,
      firstReportTime: row.first_report_time ?? undefined,
      lastReportTime: row.last_report_time ?? undefined,
      windowStart: row.window_start ?? undefined,
      revoked: row.revoked,
      writer: row.writer,
      extensions: row.extensions as unknown as Extensions,
    },
  }
}

function instantFromText(ticks: string | null): Instant | undefined {
  return ticks === null ? undefined : BigInt(ticks)
}

function extensionsFromText(json: string): Extensions {
  return json === '{}' ? {} : (parseExactJson(json) as unknown as Extensions)
}

export function valuesText({ values }: Progress): string {
  return JSON.stringify(mapValues(values, quantityToJson))
}

export function extensionsText({ extensions }: Progress): string {
  for (const _ in extensions) return formatJson(extensions as JsonObject)
  return '{}'
}

function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([id, value]) => [id, map(value)]))
}
