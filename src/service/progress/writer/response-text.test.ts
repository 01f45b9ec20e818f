import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatStoredResult, parseStoredResult } from './response-text.ts'

const instant = fc.option(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), { nil: undefined })
/** Finite, and without negative zero, which JSON cannot represent. */
const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const quantity = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 63n }), double)
const progress = fc.record({
  state: fc.constantFrom('not_started' as const, 'in_progress' as const, 'achieved' as const),
  values: fc.dictionary(fc.string(), quantity, { noNullPrototype: true }),
  reportedPercent: fc.integer({ min: 0, max: 100 }),
  percent: fc.integer({ min: 0, max: 100 }),
  unlockTime: instant,
  unlockPrecision: fc.constantFrom(undefined, 'exact' as const, 'unknown' as const),
  firstReportTime: instant,
  lastReportTime: instant,
  windowStart: instant,
  revoked: fc.boolean(),
  writer: fc.string(),
  extensions: fc.constantFrom({}, { toy: { $bigint: 'x', deep: [2n ** 60n, null] } }),
})

test('parses a stored result back to the same result', () => {
  const key = { playerId: 'ann', titleId: 'title', achievementId: 'first' }
  const missing = fc.array(fc.string(), { maxLength: 3 })
  const flags = { missing, changed: fc.boolean(), newlyUnlocked: fc.boolean(), alreadyUnlocked: fc.boolean() }
  fc.assert(
    fc.property(fc.record({ progress, ...flags }), (said) => {
      const result = { ...key, ...said }
      expect(parseStoredResult(formatStoredResult(result), key)).toEqual(result)
    }),
  )
})
