/**
 * A point in time: the count of 100 ns ticks since 1970-01-01T00:00:00Z, negative before it.
 *
 * A tick is the finest fraction that a dialect sends (`2013-01-17T03:19:00.3087016Z`). A `Date` keeps
 * three digits of it and `timestamptz` six, so neither may stand between the wire and the record.
 */
export type Instant = bigint

/** A length of time in 100 ns ticks. */
export type Duration = bigint

export const TICKS_PER_MILLISECOND = 10_000n
export const TICKS_PER_SECOND = 10_000_000n
/** 0001-01-01T00:00:00Z, the earliest instant: what .NET and Go send for "never". */
export const EARLIEST_INSTANT: Instant = -62_135_596_800n * TICKS_PER_SECOND
/** 9999-12-31T23:59:59.9999999Z, the last instant that four digits of year can write. */
export const LATEST_INSTANT: Instant = 253_402_300_800n * TICKS_PER_SECOND - 1n

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/

/**
 * Reads an RFC 3339 instant with 0 to 9 fraction digits; a missing offset means UTC, as real clients send it.
 * Digits finer than a tick are cut. Returns undefined for anything that is not a real calendar instant.
 */
export function parseInstant(text: string): Instant | undefined {
  const match = RFC3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!real || hour > 23 || minute > 59 || second > 59) return undefined
  const ticks = BigInt((match[7] ?? '').padEnd(7, '0').slice(0, 7))
  const offset = (match[9] === '-' ? -1n : 1n) * (BigInt(match[10] ?? 0) * 60n + BigInt(match[11] ?? 0))
  if (BigInt(match[10] ?? 0) > 23n || BigInt(match[11] ?? 0) > 59n) return undefined
  const instant = BigInt(date.getTime()) * TICKS_PER_MILLISECOND + ticks - offset * 60n * TICKS_PER_SECOND
  return instant < EARLIEST_INSTANT || instant > LATEST_INSTANT ? undefined : instant
}

/**
 * Writes an instant as RFC 3339 in UTC with `Z`.
 * `digits` is how many fraction digits to write (0 to 7; finer ones are cut), or 'shortest' for as many as it
 * needs, trailing zeros trimmed, as Go writes it.
 */
export function formatInstant(instant: Instant, digits: number | 'shortest' = 'shortest'): string {
  const seconds = floorDivide(instant, TICKS_PER_SECOND)
  const ticks = (instant - seconds * TICKS_PER_SECOND).toString().padStart(7, '0')
  const fraction = digits === 'shortest' ? ticks.replace(/0+$/, '') : ticks.slice(0, digits)
  const [whole] = new Date(Number(seconds) * 1000).toISOString().split('.') as [string]
  return fraction === '' ? `${whole}Z` : `${whole}.${fraction}Z`
}

export function instantFromMilliseconds(milliseconds: number): Instant {
  return BigInt(milliseconds) * TICKS_PER_MILLISECOND
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}
