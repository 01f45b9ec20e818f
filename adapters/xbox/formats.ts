import {
  type Duration,
  EARLIEST_INSTANT,
  formatInstant,
  type Instant,
  parseInstant,
  TICKS_PER_SECOND,
} from '../../src/model/instant.ts'
import type { JsonValue } from '../../src/model/json.ts'
import type { Binding } from '../../src/model/title.ts'

/** The id of the one requirement of a title-managed achievement, whose current value is a percent. */
export const ZERO_ID = '00000000-0000-0000-0000-000000000000'

/** The instant written for none: strict clients refuse null. */
export const NEVER = '0001-01-01T00:00:00.0000000Z'
/** The same, as recorded answers of contract 1 have it. */
export const LEGACY_NEVER = '2002-11-15T00:00:00.0000000Z'

/** The estimated time written for none; recorded responses have it for every achievement. */
export const NO_TIME_SPAN = '00:00:00'

const NO_TIME: ReadonlySet<Instant | undefined> = new Set([
  EARLIEST_INSTANT,
  parseInstant('1753-01-01T00:00:00Z'),
  parseInstant(LEGACY_NEVER),
])

/** Reads an instant; undefined for the values that mean never. */
export function readTime(text: string | null | undefined): Instant | undefined {
  if (text === undefined || text === null || text === NEVER) return undefined
  const instant = parseInstant(text)
  return NO_TIME.has(instant) ? undefined : instant
}

export function writeTime(instant: Instant | undefined, never = NEVER): string {
  return instant === undefined ? never : formatInstant(instant, 7)
}

const TIME_SPAN = /^(-?)(?:(\d{1,20})\.)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,7}))?)?$/

/** Ticks of a .NET time span, `[d.]hh:mm[:ss[.fffffff]]`; undefined for any other text. */
export function parseTimeSpan(text: string): Duration | undefined {
  const match = TIME_SPAN.exec(text)
  if (match === null) return undefined
  const [hours, minutes, seconds] = [Number(match[3]), Number(match[4]), Number(match[5] ?? 0)]
  const days = BigInt(match[2] ?? 0) * 86_400n
  const fraction = BigInt((match[6] ?? '').padEnd(7, '0'))
  const ticks = (days + BigInt((hours * 60 + minutes) * 60 + seconds)) * TICKS_PER_SECOND + fraction
  return match[1] === '-' ? -ticks : ticks
}

/** The constant format of .NET: days and fraction only where there are any. */
export function formatTimeSpan(duration: Duration): string {
  const ticks = duration < 0n ? -duration : duration
  const seconds = ticks / TICKS_PER_SECOND
  const fraction = ticks % TICKS_PER_SECOND
  const [days, hours] = [seconds / 86_400n, (seconds / 3600n) % 24n]
  const clock = [hours, (seconds / 60n) % 60n, seconds % 60n].map((part) => part.toString().padStart(2, '0'))
  const sign = duration < 0n ? '-' : ''
  const tail = fraction === 0n ? '' : `.${fraction.toString().padStart(7, '0')}`
  return `${sign}${days === 0n ? '' : `${days}.`}${clock.join(':')}${tail}`
}

/** The JSON number that digits write, exact; other text stays text. */
export function integerOf(digits: string): JsonValue {
  return /^(0|-?[1-9]\d{0,18})$/.test(digits) ? jsonInteger(BigInt(digits)) : digits
}

export function jsonInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

const DERIVED_SCID = '00000000-0000-0000-0000-0000'

/** Newer titles have their title id, in hex, at the end of their service configuration id. */
export function scidOf(titleId: string): string | undefined {
  const number = /^\d{1,10}$/.test(titleId) ? Number(titleId) : Number.NaN
  return number <= 0xffff_ffff ? DERIVED_SCID + number.toString(16).padStart(8, '0') : undefined
}

/** Returns the title id that a service configuration id ends in; undefined for one of an older title. */
export function titleIdIn(scid: string | null | undefined): string | undefined {
  const lower = scid?.toLowerCase() ?? ''
  const tail = lower.startsWith(DERIVED_SCID) ? lower.slice(DERIVED_SCID.length) : ''
  return /^[0-9a-f]{8}$/.test(tail) ? Number.parseInt(tail, 16).toString() : undefined
}

/** Whichever of a title's two ids is missing follows from the other, for newer titles. */
export function titleIds(binding: Binding | undefined) {
  const { service_config_id: scid, title_id: titleId } = binding ?? {}
  return {
    scid: scid ?? (titleId === undefined ? undefined : scidOf(titleId)),
    titleId: titleId ?? titleIdIn(scid),
  }
}

/** The title id, or 0 for none, because the member is required. */
export function titleNumber(binding: Binding | undefined): JsonValue {
  return integerOf(titleIds(binding).titleId ?? '0')
}

/** The binding that a document names; undefined when it names none. */
export function bindingOf(
  scid: string | null | undefined,
  titleId: JsonValue | undefined,
): Binding | undefined {
  const id = titleId === 0 ? '' : String(titleId ?? '')
  if (!scid && id === '') return undefined
  return {
    ...(scid ? { service_config_id: scid.toLowerCase() } : {}),
    ...(id === '' ? {} : { title_id: id }),
  }
}
