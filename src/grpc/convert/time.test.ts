import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Timestamp } from '../../gen/google/protobuf/timestamp.ts'
import { EARLIEST_INSTANT, LATEST_INSTANT, parseInstant } from '../../model/instant.ts'
import { readDuration, readInstant, writeDuration, writeInstant } from './time.ts'
import { Violations } from './violations.ts'

const instants = fc.bigInt({ min: EARLIEST_INSTANT, max: LATEST_INSTANT })

function violationsOf(read: (violations: Violations) => unknown): Violations['found'] {
  const violations = new Violations()
  read(violations)
  return violations.found
}

test('an instant comes back from the wire to the tick', () => {
  fc.assert(
    fc.property(instants, (instant) => {
      const timestamp = Timestamp.decode(Timestamp.encode(writeInstant(instant)).finish())
      expect(timestamp.nanos).toBeGreaterThanOrEqual(0)
      expect(readInstant(timestamp, 'at', new Violations())).toBe(instant)
    }),
  )
})

test('an instant before 1970 has nanos that count forwards', () => {
  const instant = parseInstant('1969-12-31T23:59:59.9999999Z') as bigint
  expect(writeInstant(instant)).toEqual({ seconds: -1n, nanos: 999_999_900 })
})

test('an instant that no record can hold is refused', () => {
  const at = (seconds: bigint, nanos: number) =>
    violationsOf((violations) => readInstant({ seconds, nanos }, 'at', violations))
  expect(at(0n, -100)).toEqual([{ field: 'at.nanos', message: 'must be 0 to 999999999' }])
  expect(at(253_402_300_800n, 0)).toEqual([{ field: 'at', message: 'must be within the years 1 to 9999' }])
  expect(at(-62_135_596_801n, 0)).toHaveLength(1)
  expect(at(-62_135_596_800n, 0)).toEqual([])
})

test.each([
  [0n, 150, 1n],
  [0n, 99, 0n],
  [-1n, 999_999_999, -1n],
])('%d s and %d ns are rounded down to %d ticks', (seconds, nanos, ticks) => {
  expect(readInstant({ seconds, nanos }, 'at', new Violations())).toBe(ticks)
  if (seconds >= 0n) expect(readDuration({ seconds, nanos }, 'for', new Violations())).toBe(ticks)
})

test('a duration comes back to the tick, and is never negative', () => {
  expect(readDuration(writeDuration(36_000_000_001n), 'for', new Violations())).toBe(36_000_000_001n)
  expect(violationsOf((violations) => readDuration({ seconds: -1n, nanos: 0 }, 'for', violations))).toEqual([
    { field: 'for', message: 'must not be negative' },
  ])
})
