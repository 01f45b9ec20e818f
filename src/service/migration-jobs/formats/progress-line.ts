import { MAX_DEPTH } from '../../../dialect/json-text.ts'
import { formatJson } from '../../../model/exact-json.ts'
import { formatInstant, type Instant, parseInstant } from '../../../model/instant.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../model/json.ts'
import type { Progress, ProgressKey } from '../../../model/progress.ts'
import { parseQuantity, type Quantity } from '../../../model/quantity.ts'
import type { Extensions } from '../../../model/title.ts'
import { FieldError } from '../mapping/field-error.ts'
import { readId } from '../mapping/ids.ts'

/** The progress of one player on one achievement, as one line of Laurel's export. */
export interface ProgressLine extends ProgressKey {
  readonly progress: Progress
}

/** The value of the member `kind` of these lines. */
export const PROGRESS_KIND = 'progress'

/** How deep a line may nest: an extension that is as deep as it may be in an entry of its dialect is within `progress.extensions`. */
export const MAX_PROGRESS_LINE_DEPTH = MAX_DEPTH + 4

const STATES: ReadonlySet<unknown> = new Set(['not_started', 'in_progress', 'achieved'])
const PRECISIONS: ReadonlySet<unknown> = new Set(['exact', 'reported', 'imported', 'unknown'])
const MAX_INTEGER = 2n ** 63n

/**
 * Returns the line, without a line break: instants in RFC 3339 with 7 digits, integers as text, doubles as numbers, and no member for an
 * undefined value.
 */
export function formatProgressLine({ titleId, playerId, achievementId, progress }: ProgressLine): string {
  const times = ['unlockTime', 'firstReportTime', 'lastReportTime', 'windowStart'] as const
  const instants = times.flatMap((name) => {
    const instant = progress[name]
    return instant === undefined ? [] : [[name, formatInstant(instant, 7)]]
  })
  const { unlockPrecision } = progress
  return formatJson({
    kind: PROGRESS_KIND,
    titleId,
    playerId,
    achievementId,
    progress: {
      state: progress.state,
      values: Object.fromEntries(
        Object.entries(progress.values).map(([id, value]) => [
          id,
          typeof value === 'bigint' ? value.toString() : value,
        ]),
      ),
      reportedPercent: progress.reportedPercent,
      percent: progress.percent,
      ...Object.fromEntries(instants),
      ...(unlockPrecision === undefined ? {} : { unlockPrecision }),
      revoked: progress.revoked,
      writer: progress.writer,
      extensions: progress.extensions,
    },
  })
}

/** Returns the progress of a line whose kind is `progress`. @throws FieldError for a member that is missing or malformed */
export function readProgressLine(line: JsonObject): ProgressLine {
  const json = line['progress']
  if (!isJsonObject(json)) throw new FieldError('progress', 'an object', json)
  return {
    titleId: readId('titleId', line['titleId']),
    playerId: readId('playerId', line['playerId']),
    achievementId: readId('achievementId', line['achievementId']),
    progress: {
      state: oneOf(json, 'state', STATES),
      values: valuesOf(json),
      reportedPercent: percentOf(json, 'reportedPercent'),
      percent: percentOf(json, 'percent'),
      unlockTime: instantOf(json, 'unlockTime'),
      unlockPrecision:
        json['unlockPrecision'] === undefined ? undefined : oneOf(json, 'unlockPrecision', PRECISIONS),
      firstReportTime: instantOf(json, 'firstReportTime'),
      lastReportTime: instantOf(json, 'lastReportTime'),
      windowStart: instantOf(json, 'windowStart'),
      revoked: revokedOf(json),
      writer: writerOf(json),
      extensions: extensionsOf(json),
    },
  }
}

function oneOf<Value>(json: JsonObject, name: string, values: ReadonlySet<unknown>): Value {
  const value = json[name]
  if (values.has(value)) return value as Value
  throw new FieldError(`progress.${name}`, `one of ${[...values].join(', ')}`, value)
}

function percentOf(json: JsonObject, name: string): number {
  const value = json[name]
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 100) return value as number
  throw new FieldError(`progress.${name}`, 'an integer from 0 to 100', value)
}

function instantOf(json: JsonObject, name: string): Instant | undefined {
  const value = json[name]
  if (value === undefined) return undefined
  const instant = typeof value === 'string' ? parseInstant(value) : undefined
  if (instant !== undefined) return instant
  throw new FieldError(`progress.${name}`, 'a time in RFC 3339, such as 2023-04-01T12:33:44.0000000Z', value)
}

function valuesOf(json: JsonObject): Progress['values'] {
  const values = json['values']
  if (!isJsonObject(values)) throw new FieldError('progress.values', 'an object', values)
  // Entries, because an id may be that of an inherited member.
  return Object.fromEntries(Object.entries(values).map(([id, value]) => [id, quantityOf(id, value)]))
}

function quantityOf(id: string, value: JsonValue): Quantity {
  if (typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  const quantity = typeof value === 'string' ? parseQuantity(value, 'integer') : undefined
  if (typeof quantity === 'bigint' && quantity < MAX_INTEGER && quantity >= -MAX_INTEGER) return quantity
  throw new FieldError(`progress.values.${id}`, 'a number, or an integer of 64 bits as text', value)
}

function revokedOf({ revoked }: JsonObject): boolean {
  if (typeof revoked === 'boolean') return revoked
  throw new FieldError('progress.revoked', 'true or false', revoked)
}

function writerOf({ writer }: JsonObject): string {
  if (typeof writer === 'string') return writer
  throw new FieldError('progress.writer', 'a text', writer)
}

function extensionsOf({ extensions }: JsonObject): Extensions {
  if (!isJsonObject(extensions)) throw new FieldError('progress.extensions', 'an object', extensions)
  for (const [dialect, extension] of Object.entries(extensions)) {
    if (!isJsonObject(extension))
      throw new FieldError(`progress.extensions.${dialect}`, 'an object', extension)
  }
  return extensions as Extensions
}
