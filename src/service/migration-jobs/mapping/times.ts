import {
  EARLIEST_INSTANT,
  formatInstant,
  type Instant,
  LATEST_INSTANT,
  parseInstant,
  TICKS_PER_SECOND,
} from '../../../model/instant.ts'
import type { JsonValue } from '../../../model/json.ts'
import type { MappedTime, MigrationTimeFormat } from '../../../model/migration-mapping.ts'
import { FieldError } from '../../lines/field-error.ts'
import { patternParser } from './time-pattern.ts'
import { type LocalTimes, localTimesOf } from './time-zones.ts'

/** No platform had achievements before 2005-01-01: earlier times stand for unknown ones (0001, 1601, 1753, 1900, 1970, 1982). */
const EARLIEST_KNOWN: Instant = 1_104_537_600n * TICKS_PER_SECOND
/** 9999-01-01 and later stand for "never". */
const NEVER: Instant = 253_370_764_800n * TICKS_PER_SECOND
const DAY = 86_400n * TICKS_PER_SECOND

const EXPECTED: Readonly<Record<MigrationTimeFormat, string>> = {
  rfc3339: 'a time in RFC 3339, such as 2023-04-01T12:33:44Z',
  unix_seconds: 'seconds since 1970, in digits',
  unix_milliseconds: 'milliseconds since 1970, in digits',
  ticks: '100 ns since the year 1, in digits',
  pattern: 'a time',
}

type Parse = (value: string | number | bigint) => Instant | undefined

/**
 * Returns a reader of times: undefined for an unknown one.
 * @param latest times after it are refused: a wrong format makes such times
 */
export function timeReader(
  { field, format, pattern, timeZone, unknownTexts }: MappedTime,
  latest: Instant,
): (value: JsonValue | undefined) => Instant | undefined {
  const zone = timeZone === '' ? 'UTC' : timeZone
  const parse = parserOf(format, pattern, zone)
  const texts = new Set(unknownTexts)
  const periods = unknownTexts.flatMap((text) => periodOf(text, localTimesOf(zone)) ?? [])
  const expected = format === 'pattern' ? `a time in the form ${pattern}` : EXPECTED[format]
  return (value) => {
    if (value === undefined || value === null || value === '') return undefined
    if (typeof value === 'object' || typeof value === 'boolean') throw new FieldError(field, expected, value)
    const text = typeof value === 'string' ? value.trim() : value
    if (text === '' || (texts.size > 0 && texts.has(String(text)))) return undefined
    const instant = parse(text)
    if (instant === undefined) throw new FieldError(field, expected, value)
    if (instant < EARLIEST_KNOWN || instant >= NEVER) return undefined
    for (const [start, end] of periods) if (instant >= start && instant < end) return undefined
    if (instant <= latest) return instant
    const problem = `${expected}, and not in the future (${formatInstant(instant, 0)})`
    throw new FieldError(field, problem, value)
  }
}

/** Returns a reader of times. Malformed times, and times after `latest`, are undefined too. */
export function knownTimeReader(
  time: MappedTime,
  latest: Instant,
): (value: JsonValue | undefined) => Instant | undefined {
  const read = timeReader(time, latest)
  return (value) => {
    try {
      return read(value)
    } catch (error) {
      if (error instanceof FieldError) return undefined
      throw error
    }
  }
}

function parserOf(format: MigrationTimeFormat, pattern: string, zone: string): Parse {
  switch (format) {
    case 'rfc3339':
      return textParser(rfc3339Parser(localTimesOf(zone)))
    case 'pattern':
      return textParser(patternParser(pattern, zone))
    case 'unix_seconds':
      return (value) => secondsOf(value)
    case 'unix_milliseconds':
      return (value) => countOf(value, 4, 0n, isLikelySeconds)
    case 'ticks':
      return (value) => countOf(value, 0, EARLIEST_INSTANT, isLikelyUnixTime)
  }
}

function textParser(parse: (text: string) => Instant | undefined): Parse {
  return (value) => (typeof value === 'string' ? parse(value) : parse(String(value)))
}

/** Also takes the offsets that databases write: `+00`, and ` UTC`. */
function rfc3339Parser(toInstant: LocalTimes): (text: string) => Instant | undefined {
  return (text) => {
    const instant = parseInstant(text)
    if (instant !== undefined) return statesOffset(text) ? instant : toInstant(instant)
    if (text.length > 40) return undefined
    if (/[+-]\d\d$/.test(text)) return parseInstant(`${text}:00`)
    return text.endsWith(' UTC') ? parseInstant(`${text.slice(0, -4)}Z`) : undefined
  }
}

function statesOffset(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  if (last === UPPER_Z || last === LOWER_Z) return true
  return text.lastIndexOf('+') > 18 || text.lastIndexOf('-') > 18
}

const [UPPER_Z, LOWER_Z] = [90, 122] as const

/** Whole seconds of the years 1970 to 2100 need no text. */
function secondsOf(value: string | number | bigint): Instant | undefined {
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < 4_102_444_800) {
    return BigInt(value) * TICKS_PER_SECOND
  }
  return countOf(value, 7, 0n, () => false)
}

/**
 * Returns the instant of a count of units since an epoch.
 * @param digits decimal digits of a tick in the unit
 * @param isOther whether the count is likely one of another unit
 */
function countOf(
  value: string | number | bigint,
  digits: number,
  epoch: Instant,
  isOther: (ticks: bigint) => boolean,
): Instant | undefined {
  // Spreadsheets write 1.7E+09, which has lost its last digits.
  const match = /^(-?\d{1,20})(?:\.(\d{1,20}))?$/.exec(String(value))
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const ticks = BigInt(whole + fraction.slice(0, digits).padEnd(digits, '0'))
  const instant = epoch + ticks
  return isOther(ticks) || instant > LATEST_INSTANT ? undefined : instant
}

/** Milliseconds of January and February 1970 that are seconds of the years 2005 to 2100. */
function isLikelySeconds(ticks: bigint): boolean {
  return ticks >= 11_045_376_000_000n && ticks < 41_024_448_000_000n
}

/** Ticks of the first centuries that are seconds, milliseconds or microseconds since 1970. */
function isLikelyUnixTime(ticks: bigint): boolean {
  return (ticks >= 1_104_537_600n && ticks < 4_102_444_800n) || (ticks >= 10n ** 12n && ticks < 10n ** 17n)
}

/** Returns the instants of an unknown time that is stated as an instant, a day or a month in the zone. */
function periodOf(text: string, toInstant: LocalTimes): readonly [readonly [Instant, Instant]] | undefined {
  const day = parseInstant(`${text}T00:00:00Z`)
  if (day !== undefined) return [[toInstant(day), toInstant(day + DAY)]]
  const month = parseInstant(`${text}-01T00:00:00Z`)
  if (month !== undefined) {
    const next = parseInstant(`${formatInstant(month + 31n * DAY, 0).slice(0, 7)}-01T00:00:00Z`) as Instant
    return [[toInstant(month), toInstant(next)]]
  }
  const instant = parseInstant(text)
  return instant === undefined ? undefined : [[instant, instant + 1n]]
}
