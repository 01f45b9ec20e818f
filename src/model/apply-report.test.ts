import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { achievementOf, requirementOf } from '../../test/support/records.ts'
import { AT, add, apply, percent, type Recorded, reach } from '../../test/support/reports.ts'
import { applyReport } from './apply-report.ts'
import { meets } from './percent.ts'
import { NOT_STARTED, type Progress, type Report } from './progress.ts'
import { compareQuantities } from './quantity.ts'

const PLAIN = achievementOf()
const COUNTED = achievementOf({ requirements: [requirementOf({ target: 1000n })] })
const TWO = achievementOf({ requirements: [requirementOf({ id: 'a' }), requirementOf({ id: 'b' })] })
const LAP = achievementOf({
  requirements: [requirementOf({ operator: 'at_most', target: 60.5, valueType: 'double' })],
})

describe('percent', () => {
  test('is rounded down, and 100 only when complete', () => {
    expect(apply(COUNTED, reach(999n)).progress).toMatchObject({ percent: 99, state: 'in_progress' })
    expect(apply(COUNTED, reach(1000n)).progress).toMatchObject({ percent: 100, state: 'achieved' })
    expect(apply(TWO, reach(10n, 'a')).progress).toMatchObject({ percent: 50, state: 'in_progress' })
  })

  test('reads back as it was written, for every percent and every target', () => {
    const targets = fc.oneof(
      fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      fc.bigInt({ min: 0n, max: 200n }),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }),
    )
    fc.assert(
      fc.property(targets, fc.integer({ min: 0, max: 100 }), (target, written) => {
        const valueType = typeof target === 'bigint' ? 'integer' : 'double'
        const achievement = achievementOf({ requirements: [requirementOf({ target, valueType })] })
        const { progress } = apply(achievement, percent(written))
        expect(progress.percent).toBe(written)
        expect(progress.state).toBe(
          written === 100 ? 'achieved' : written === 0 ? 'not_started' : 'in_progress',
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('29 % of 3 is 29 %', () => {
    const three = achievementOf({ requirements: [requirementOf({ target: 3n })] })
    expect(apply(three, percent(29)).progress.percent).toBe(29)
  })

  test('never lowers a finer count', () => {
    const { progress, changed } = apply(COUNTED, reach(557n), percent(55))
    expect(progress.values).toEqual({ count: 557n })
    expect(progress.percent).toBe(55)
    expect(changed).toBe(true)
    expect(apply(COUNTED, reach(557n), percent(55), percent(55)).changed).toBe(false)
  })
})

describe('a report', () => {
  test('that is lower or equal changes nothing', () => {
    for (const again of [
      reach(5n),
      reach(4n),
      reach(-1n),
      { kind: 'add', requirementId: undefined, quantity: -3n } as const,
    ]) {
      expect(apply(COUNTED, reach(5n), again)).toMatchObject({
        changed: false,
        progress: { values: { count: 5n } },
      })
    }
  })

  test('of zero does not start progress', () => {
    expect(apply(COUNTED, reach(0n))).toMatchObject({ changed: false, progress: NOT_STARTED })
  })

  test.each([0n, -5n])('of %d on a requirement that falls starts progress', (quantity) => {
    const falling = achievementOf({ requirements: [requirementOf({ operator: 'at_most', target: -10n })] })
    expect(apply(falling, reach(quantity))).toMatchObject({
      changed: true,
      progress: { state: 'in_progress' },
    })
  })

  test('adds up, and stops at the largest integer of the wire', () => {
    expect(apply(COUNTED, add(2n), add(3n)).progress.values).toEqual({ count: 5n })
    expect(apply(COUNTED, add(2n ** 63n - 1n), add(2n ** 62n)).progress.values).toEqual({
      count: 2n ** 63n - 1n,
    })
  })

  test('is clamped to the range of the wire', () => {
    const falling = achievementOf({ requirements: [requirementOf({ operator: 'at_most' })] })
    expect(apply(falling, reach(-1e300)).progress.values).toEqual({ count: -(2n ** 63n) })
    const double = achievementOf({ requirements: [requirementOf({ target: 5, valueType: 'double' })] })
    const add: Report = { kind: 'add', requirementId: undefined, quantity: 1.5e308 }
    expect(apply(double, add, add).progress.values).toEqual({ count: Number.MAX_VALUE })
  })

  test('meets a falling requirement by falling', () => {
    expect(apply(LAP, reach(121)).progress).toMatchObject({ percent: 50, state: 'in_progress' })
    expect(apply(LAP, reach(121), reach(130)).changed).toBe(false)
    expect(apply(LAP, reach(121), reach(60.5)).progress.state).toBe('achieved')
  })

  test('reaches a requirement whose id is that of an inherited member', () => {
    for (const id of ['__proto__', 'constructor', 'toString']) {
      const achievement = achievementOf({
        requirements: [requirementOf({ id }), requirementOf({ id: 'other' })],
      })
      const { progress } = apply(achievement, reach(5n, id))
      expect(Object.entries(progress.values)).toEqual([[id, 5n]])
      expect(progress.percent).toBe(25)
    }
  })

  test('meets a target of zero', () => {
    const nothing = achievementOf({ requirements: [requirementOf({ target: 0n })] })
    expect(apply(nothing, reach(0n)).progress.state).toBe('achieved')
    expect(apply(nothing, percent(40)).progress).toMatchObject({ state: 'in_progress', percent: 40 })
  })

  test('unlocks once and keeps the time', () => {
    const first = apply(PLAIN, { kind: 'unlock' })
    expect(first).toMatchObject({ newlyUnlocked: true, alreadyUnlocked: false, changed: true })
    const again = applyReport(PLAIN, first.progress, { kind: 'unlock' }, { ...AT, time: 2000n }) as Recorded
    expect(again).toMatchObject({ newlyUnlocked: false, alreadyUnlocked: true, changed: false })
    expect(again.progress).toBe(first.progress)
    expect(first.progress.unlockTime).toBe(1000n)
  })

  test('that unlocks meets every requirement', () => {
    expect(apply(TWO, reach(12n, 'b'), { kind: 'unlock' }).progress.values).toEqual({ a: 10n, b: 12n })
  })

  test.each([
    [PLAIN, reach(1n), 'NO_REQUIREMENT'],
    [TWO, reach(1n), 'REQUIREMENT_AMBIGUOUS'],
    [TWO, reach(1n, 'c'), 'REQUIREMENT_UNKNOWN'],
    [LAP, { kind: 'add', requirementId: undefined, quantity: 1 }, 'REQUIREMENT_FALLS'],
  ] as const)('that does not fit the achievement is rejected (%#)', (achievement, report, reason) => {
    expect(applyReport(achievement, NOT_STARTED, report, AT)).toMatchObject({ kind: 'rejected', reason })
  })
})

describe('an import', () => {
  const imported = (parts: object): Report => ({
    kind: 'import',
    state: 'achieved',
    percent: 100,
    values: {},
    unlockTime: 5n,
    revoked: false,
    extensions: {},
    ...parts,
  })

  test('trusts the state of the other platform', () => {
    const values = { count: 8n }
    const eightOfZero = achievementOf({ requirements: [requirementOf({ target: 0n })] })
    expect(apply(eightOfZero, imported({ state: 'in_progress', percent: 0, values })).progress).toMatchObject(
      {
        state: 'in_progress',
        values,
        percent: 99,
      },
    )
    expect(apply(COUNTED, imported({})).progress).toMatchObject({
      state: 'achieved',
      unlockTime: 5n,
      unlockPrecision: 'imported',
      values: {},
    })
  })

  test('has the precision unknown without a time', () => {
    expect(apply(PLAIN, imported({ unlockTime: undefined })).progress).toMatchObject({
      unlockTime: undefined,
      unlockPrecision: 'unknown',
    })
  })

  test('assigns a value of an unknown id to the only requirement', () => {
    const report = imported({ state: 'in_progress', percent: 0, values: { '': 7.5 } })
    expect(apply(COUNTED, report).progress.values).toEqual({ count: 7n })
  })

  test('twice changes nothing the second time', () => {
    const report = imported({ extensions: { toy: { rarity: 1 } } })
    expect(apply(COUNTED, report, report).changed).toBe(false)
  })
})

test('reports in any order never lower progress, and unlock once', () => {
  const quantities = fc.oneof(fc.bigInt({ min: -5n, max: 30n }), fc.double({ min: -5, max: 30, noNaN: true }))
  const ids = fc.constantFrom('a', 'b')
  const reports = fc.oneof(
    fc.record({ kind: fc.constant('reach' as const), requirementId: ids, quantity: quantities }),
    fc.record({ kind: fc.constant('add' as const), requirementId: ids, quantity: quantities }),
    fc.record({ kind: fc.constant('percent' as const), percent: fc.integer({ min: 0, max: 100 }) }),
    fc.constant({ kind: 'unlock' as const }),
  )
  fc.assert(
    fc.property(fc.array(reports, { maxLength: 30 }), (sequence) => {
      let progress: Progress = NOT_STARTED
      let unlocks = 0
      for (const [index, report] of sequence.entries()) {
        const outcome = applyReport(TWO, progress, report, { ...AT, time: BigInt(index) }) as Recorded
        const next = outcome.progress
        unlocks += Number(outcome.newlyUnlocked)
        expect(next.percent).toBeGreaterThanOrEqual(progress.percent)
        expect(next.percent === 100).toBe(next.state === 'achieved')
        for (const [id, value] of Object.entries(progress.values)) {
          expect(compareQuantities(next.values[id] as bigint, value)).toBeGreaterThanOrEqual(0)
        }
        if (progress.unlockTime !== undefined) expect(next.unlockTime).toBe(progress.unlockTime)
        if (TWO.requirements.every((requirement) => meets(requirement, next.values[requirement.id]))) {
          expect(next.state).toBe('achieved')
        }
        progress = next
      }
      expect(unlocks).toBe(progress.state === 'achieved' ? 1 : 0)
    }),
    { numRuns: 500 },
  )
})
