import { MAX_DEPTH } from '../../dialect/json-text.ts'
import type { JsonObject, JsonValue } from '../../model/json.ts'
import type { Progress, ProgressKey } from '../../model/progress.ts'
import { parseQuantity, type Quantity } from '../../model/quantity.ts'
import { formatRow, readRow } from './row-line.ts'

/** The progress of one player on one achievement, as one line of Laurel's export. */
export interface ProgressLine extends ProgressKey {
  readonly progress: Progress
}

/** The value of the member `kind` of these lines. */
export const PROGRESS_KIND = 'progress'

/** How deep a line may nest: an extension that is as deep as it may be in an entry of its dialect is within `progress.extensions`. */
export const MAX_PROGRESS_LINE_DEPTH = MAX_DEPTH + 4

/** Returns the line, without a line break. */
export function formatProgressLine({ titleId, playerId, achievementId, progress }: ProgressLine): string {
  const members = Object.entries(progress).map(([name, value]) => [`progress.${name}`, value] as const)
  return formatRow(PROGRESS_KIND, { titleId, playerId, achievementId, ...Object.fromEntries(members) })
}

/** Returns the progress of a line whose kind is `progress`. @throws FieldError for a member that is missing or malformed */
export function readProgressLine(line: JsonObject): ProgressLine {
  const row = readRow(PROGRESS_KIND, line)
  const member = <Name extends keyof Progress>(name: Name) => row[`progress.${name}`] as Progress[Name]
  return {
    titleId: row['titleId'] as string,
    playerId: row['playerId'] as string,
    achievementId: row['achievementId'] as string,
    progress: {
      state: member('state'),
      values: quantitiesOf(row['progress.values'] as JsonObject),
      reportedPercent: member('reportedPercent'),
      percent: member('percent'),
      unlockTime: member('unlockTime'),
      unlockPrecision: member('unlockPrecision'),
      firstReportTime: member('firstReportTime'),
      lastReportTime: member('lastReportTime'),
      windowStart: member('windowStart'),
      revoked: member('revoked'),
      writer: member('writer'),
      extensions: member('extensions'),
    },
  }
}

function quantitiesOf(values: JsonObject): Progress['values'] {
  // Entries, because an id may be that of an inherited member.
  return Object.fromEntries(Object.entries(values).map(([id, value]) => [id, quantityOf(value)]))
}

function quantityOf(value: JsonValue): Quantity {
  return typeof value === 'string' ? (parseQuantity(value, 'integer') ?? 0n) : Number(value)
}
