import { DateTime, IANAZone } from 'luxon'
import { type Instant, TICKS_PER_MILLISECOND } from '../../../model/instant.ts'

const DAY_MILLISECONDS = 86_400_000
/** Local time is at most this far from UTC. */
const MAX_OFFSET_MILLISECONDS = 15 * 3_600_000
const MAX_CACHED_DAYS = 20_000

/** Returns the instant of a local time, which is given as the instant at which UTC shows it. */
export type LocalTimes = (local: Instant) => Instant

/**
 * Returns the instants of a zone's local times. A time that clocks show twice is taken by the offset that the zone has at that time in
 * UTC, and a time that they skip is moved by the skip.
 */
export function localTimesOf(zoneName: string): LocalTimes {
  if (zoneName === 'UTC') return (local) => local
  const zone = IANAZone.create(zoneName)
  // Offsets in ticks by day, undefined for a day near a change.
  const offsets = new Map<number, bigint | undefined>()
  const offsetOf = (day: number) => {
    if (offsets.has(day)) return offsets.get(day)
    const start = zone.offset(day * DAY_MILLISECONDS - MAX_OFFSET_MILLISECONDS)
    const end = zone.offset((day + 1) * DAY_MILLISECONDS + MAX_OFFSET_MILLISECONDS)
    const ticks = start === end ? BigInt(Math.round(start * 60_000)) * TICKS_PER_MILLISECOND : undefined
    if (offsets.size >= MAX_CACHED_DAYS) offsets.clear()
    offsets.set(day, ticks)
    return ticks
  }
  return (local) => {
    const milliseconds = Number(local / TICKS_PER_MILLISECOND)
    const offset = offsetOf(Math.floor(milliseconds / DAY_MILLISECONDS))
    if (offset !== undefined) return local - offset
    const exact = DateTime.fromMillis(milliseconds, { zone: 'utc' }).setZone(zone, { keepLocalTime: true })
    return local - BigInt(milliseconds - exact.toMillis()) * TICKS_PER_MILLISECOND
  }
}

export function isTimeZone(name: string): boolean {
  return IANAZone.isValidZone(name)
}
