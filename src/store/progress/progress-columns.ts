import { sql } from 'kysely'
import { parseExactJson } from '../../model/exact-json.ts'
import type { Instant } from '../../model/instant.ts'
import type { Progress } from '../../model/progress.ts'
import type { Extensions } from '../../model/title.ts'
import { quantityFromJson } from '../achievements/definition.ts'

/**
 * Progress `p` as items of one JSON array, for statements that give many rows as one text: a text is read much faster
 * than rows. 64-bit integers are text, and so are extensions, which may hold larger ones.
 */
export const PROGRESS_COLUMNS = `p.state, p.values, p.reported_percent, p.percent, p.unlock_time::text,
  p.unlock_precision, p.first_report_time::text, p.last_report_time::text, p.revoked, p.writer, p.extensions::text`

export const progressColumns = sql.raw(PROGRESS_COLUMNS)

/** All null where there is no row. */
export type ProgressColumns = readonly [
  state: Progress['state'] | null,
  values: Readonly<Record<string, string | number>>,
  reportedPercent: number,
  percent: number,
  unlockTime: string | null,
  unlockPrecision: Progress['unlockPrecision'] | null,
  firstReportTime: string | null,
  lastReportTime: string | null,
  revoked: boolean,
  writer: string,
  extensions: string,
]

export function progressFromColumns(columns: ProgressColumns): Progress | undefined {
  const [state, values, reportedPercent, percent, unlockTime, unlockPrecision, first, last, ...rest] = columns
  if (state === null) return undefined
  const [revoked, writer, extensions] = rest
  return {
    state,
    values: mapValues(values, quantityFromJson),
    reportedPercent,
    percent,
    unlockTime: instantFromText(unlockTime),
    unlockPrecision: unlockPrecision ?? undefined,
    firstReportTime: instantFromText(first),
    lastReportTime: instantFromText(last),
    revoked,
    writer,
    extensions: extensionsFromText(extensions),
  }
}

export function instantFromText(ticks: string | null): Instant | undefined {
  return ticks === null ? undefined : BigInt(ticks)
}

export function extensionsFromText(json: string): Extensions {
  return json === '{}' ? {} : (parseExactJson(json) as unknown as Extensions)
}

export function mapValues<From, To>(
  values: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([id, value]) => [id, map(value)]))
}
