import type { Duration as DurationMessage } from '../../gen/google/protobuf/duration.ts'
import type { Timestamp } from '../../gen/google/protobuf/timestamp.ts'
import {
  type Duration,
  EARLIEST_INSTANT,
  type Instant,
  LATEST_INSTANT,
  TICKS_PER_SECOND,
} from '../../model/instant.ts'
import type { Violations } from './violations.ts'

const NANOS_PER_TICK = 100
/** The limit of google.protobuf.Duration, about 10,000 years. */
const MAX_DURATION_SECONDS = 315_576_000_000n

export function readInstant(
  timestamp: Timestamp | undefined,
  field: string,
  violations: Violations,
): Instant | undefined {
  if (timestamp === undefined) return undefined
  const { seconds, nanos } = timestamp
  if (nanos < 0 || nanos > 999_999_999) violations.add(`${field}.nanos`, 'must be 0 to 999999999')
  const instant = seconds * TICKS_PER_SECOND + BigInt(Math.floor(nanos / NANOS_PER_TICK))
  if (instant < EARLIEST_INSTANT || instant > LATEST_INSTANT) {
    violations.add(field, 'must be within the years 1 to 9999')
  }
  return instant
}

/** Reads `start_time`, inclusive, and `end_time`, exclusive. */
export function readTimeRange(
  message: { readonly startTime?: Timestamp | undefined; readonly endTime?: Timestamp | undefined },
  violations: Violations,
): { readonly startTime: Instant | undefined; readonly endTime: Instant | undefined } {
  const startTime = readInstant(message.startTime, 'start_time', violations)
  const endTime = readInstant(message.endTime, 'end_time', violations)
  if (startTime !== undefined && endTime !== undefined && endTime <= startTime)
    violations.add('end_time', 'must be after start_time')
  return { startTime, endTime }
}

export function readRequiredInstant(
  timestamp: Timestamp | undefined,
  field: string,
  violations: Violations,
): Instant {
  if (timestamp === undefined) violations.add(field, 'must be set')
  return readInstant(timestamp, field, violations) ?? EARLIEST_INSTANT
}

export function writeInstant(instant: Instant): Timestamp {
  const ticks = ((instant % TICKS_PER_SECOND) + TICKS_PER_SECOND) % TICKS_PER_SECOND
  return { seconds: (instant - ticks) / TICKS_PER_SECOND, nanos: Number(ticks) * NANOS_PER_TICK }
}

export function writeOptionalInstant(instant: Instant | undefined): Timestamp | undefined {
  return instant === undefined ? undefined : writeInstant(instant)
}

export function readDuration(
  duration: DurationMessage | undefined,
  field: string,
  violations: Violations,
): Duration | undefined {
  if (duration === undefined) return undefined
  const { seconds, nanos } = duration
  if (seconds < 0n || nanos < 0) violations.add(field, 'must not be negative')
  if (seconds > MAX_DURATION_SECONDS)
    violations.add(`${field}.seconds`, `must be at most ${MAX_DURATION_SECONDS}`)
  if (nanos > 999_999_999) violations.add(`${field}.nanos`, 'must be at most 999999999')
  return seconds * TICKS_PER_SECOND + BigInt(Math.floor(nanos / NANOS_PER_TICK))
}

export function writeDuration(duration: Duration | undefined): DurationMessage | undefined {
  if (duration === undefined) return undefined
  const ticks = duration % TICKS_PER_SECOND
  return { seconds: (duration - ticks) / TICKS_PER_SECOND, nanos: Number(ticks) * NANOS_PER_TICK }
}
