/**
 * A point in time: the count of 100 ns ticks since 1970-01-01T00:00:00Z, negative before it.
 *
 * A tick is the finest fraction that a dialect sends (`2013-01-17T03:19:00.3087016Z`). A `Date` keeps
 * three digits of it and `timestamptz` six, so neither is used between the wire and the database.
 */
export type Instant = bigint

/** A length of time in 100 ns ticks. */
export type Duration = bigint

export const TICKS_PER_MILLISECOND = 10_000n
export const TICKS_PER_SECOND = 10_000_000n
/** 0001-01-01T00:00:00Z, the earliest instant, which .NET and Go send for "never". */
export const EARLIEST_INSTANT: Instant = -62_135_596_800n * TICKS_PER_SECOND
/** 9999-12-31T23:59:59.9999999Z, the last instant with a year of four digits. */
export const LATEST_INSTANT: Instant = 253_402_300_800n * TICKS_PER_SECOND - 1n

const EARLIEST_SECOND = -62_135_596_800
const LATEST_SECOND = 253_402_300_799

const RFC3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:?\d{2})?$/

/**
 * Returns the instant of an RFC 3339 text with 0 to 9 fraction digits; undefined for any other text. A missing offset means
 * UTC, because real clients send it so. Digits finer than a tick are truncated.
 */
export function parseInstant(text: string): Instant | undefined {
  if (!RFC3339.test(text)) return undefined
  const [year, month, day] = [numberAt(text, 0, 4), numberAt(text, 5, 7), numberAt(text, 8, 10)]
  const [hour, minute, second] = [numberAt(text, 11, 13), numberAt(text, 14, 16), numberAt(text, 17, 19)]
  const real = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
  if (!real || hour > 23 || minute > 59 || second > 59) return undefined
  const zone = fractionEnd(text)
  const offset = offsetAt(text, zone)
  if (offset === undefined) return undefined
  const seconds =
    daysBefore(year, month) * 86_400 + (day - 1) * 86_400 + hour * 3600 + minute * 60 + second - offset
  if (seconds < EARLIEST_SECOND || seconds > LATEST_SECOND) return undefined
  const digits = Math.min(zone, 27)
  const ticks = zone === 19 ? 0 : numberAt(text, 20, digits) * 10 ** (27 - digits)
  return BigInt(seconds) * TICKS_PER_SECOND + BigInt(ticks)
}

/**
 * Returns an instant as RFC 3339 in UTC with `Z`. `digits` is the count of fraction digits, 0 to 7, or 'shortest' to trim
 * trailing zeros, as Go does.
 */
export function formatInstant(instant: Instant, digits: number | 'shortest' = 'shortest'): string {
  const seconds = Number(floorDivide(instant, TICKS_PER_SECOND))
  const ticks = Number(instant - BigInt(seconds) * TICKS_PER_SECOND)
  const whole = formatSecond(seconds)
  if (ticks === 0 && digits === 'shortest') return `${whole}Z`
  const padded = ticks.toString().padStart(7, '0')
  const fraction = digits === 'shortest' ? padded.replace(/0+$/, '') : padded.slice(0, digits)
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`
}

export function instantFromMilliseconds(milliseconds: number): Instant {
  return BigInt(milliseconds) * TICKS_PER_MILLISECOND
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}

/** Returns the number that the digits from one index to another form. */
function numberAt(text: string, from: number, to: number): number {
  let number = 0
  for (let index = from; index < to; index += 1) number = number * 10 + text.charCodeAt(index) - 48
  return number
}

/** Returns the index at which the fraction of a second ends and the zone begins. */
function fractionEnd(text: string): number {
  if (text[19] !== '.') return 19
  let end = 20
  while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end += 1
  return end
}

/** Returns the seconds that local time is ahead of UTC; undefined for an invalid offset. */
function offsetAt(text: string, zone: number): number | undefined {
  const sign = text[zone]
  if (sign !== '+' && sign !== '-') return 0
  const [hours, minutes] = [numberAt(text, zone + 1, zone + 3), numberAt(text, text.length - 2, text.length)]
  if (hours > 23 || minutes > 59) return undefined
  return (sign === '-' ? -60 : 60) * (hours * 60 + minutes)
}

const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365] as const

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function daysIn(year: number, month: number): number {
  if (month === 2 && isLeap(year)) return 29
  return (DAYS_BEFORE[month] as number) - (DAYS_BEFORE[month - 1] as number)
}

/** Returns the days from 1970-01-01 to the first of a month. */
function daysBefore(year: number, month: number): number {
  const past = year - 1
  const leaps = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400)
  const leap = month > 2 && isLeap(year) ? 1 : 0
  return year * 365 + leaps + (DAYS_BEFORE[month - 1] as number) + leap - 719_527
}

/** Returns the text up to the seconds. `Date.toISOString` takes ten times as long. */
function formatSecond(seconds: number): string {
  if (seconds < EARLIEST_SECOND || seconds > LATEST_SECOND) {
    return new Date(seconds * 1000).toISOString().slice(0, -5)
  }
  const days = Math.floor(seconds / 86_400)
  const second = seconds - days * 86_400
  let year = 1970 + Math.floor(days / 365.2425)
  if (days < daysBefore(year, 1)) year -= 1
  else if (days >= daysBefore(year + 1, 1)) year += 1
  let month = Math.min(12, 1 + Math.floor((days - daysBefore(year, 1)) / 28))
  while (days < daysBefore(year, month)) month -= 1
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(days - daysBefore(year, month) + 1)}`
  return `${date}T${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`
}

const TWO_DIGITS = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, '0'))

function two(number: number): string {
  return TWO_DIGITS[number] as string
}
