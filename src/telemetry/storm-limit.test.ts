import { expect, test } from 'vitest'
import { StormLimit } from './storm-limit.ts'

const MINUTE = 60_000

test('admits the first lines of a minute, then one a minute while the storm lasts, with the number omitted', () => {
  const limit = new StormLimit(2)
  const admitted = (start: number, lines: number) =>
    Array.from({ length: lines }, (_, index) => limit.admit('kind', start + index))
  expect(admitted(0, 5)).toEqual([0, 0, undefined, undefined, undefined])
  expect(admitted(MINUTE, 3)).toEqual([3, undefined, undefined])
  expect(admitted(2 * MINUTE, 1)).toEqual([2])
  // A minute with one line ended the storm.
  expect(admitted(3 * MINUTE, 3)).toEqual([0, 0, undefined])
})

test('counts each kind by itself, and forgets the oldest kinds', () => {
  const limit = new StormLimit(1)
  expect(limit.admit('a', 0)).toBe(0)
  expect(limit.admit('b', 0)).toBe(0)
  expect(limit.admit('a', 1)).toBeUndefined()
  for (let kind = 0; kind < 2_000; kind += 1) limit.admit(String(kind), 2)
  expect(limit.admit('a', 3)).toBe(0)
})
