import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { achievementOf, requirementOf } from '../../test/support/records.ts'
import { AT, add, apply, percent, reach } from '../../test/support/reports.ts'
import type { Lifecycle } from './achievement.ts'
import { applyReport } from './apply-report.ts'
import { NOT_STARTED, type Report } from './progress.ts'

const inLifecycle = (lifecycle: Lifecycle, statCode?: string) =>
  achievementOf({ lifecycle, requirements: [requirementOf({ target: 10n, statCode })] })
const LIVE = inLifecycle('live')
const BEGUN = apply(LIVE, reach(4n)).progress
const UNLOCKED = apply(LIVE, { kind: 'unlock' }).progress

const reports: fc.Arbitrary<Report> = fc.oneof(
  fc.bigInt({ min: 0n, max: 20n }).map((quantity) => reach(quantity)),
  fc.bigInt({ min: 0n, max: 20n }).map(add),
  fc.integer({ min: 0, max: 100 }).map(percent),
  fc.constant({ kind: 'unlock' } as const),
)
const imported: Report = {
  kind: 'import',
  state: 'achieved',
  percent: 100,
  values: {},
  unlockTime: 5n,
  revoked: false,
  extensions: {},
}
const stat = (quantity: number): Report => ({
  kind: 'stat',
  statCode: 'kills',
  quantity,
  inWindow: { steps: [], highest: undefined, lowest: undefined },
})

describe('a draft', () => {
  test('rejects each report, also of a player that had unlocked it', () => {
    fc.assert(
      fc.property(fc.oneof(reports, fc.constant(imported)), (report) => {
        for (const progress of [NOT_STARTED, BEGUN, UNLOCKED])
          expect(applyReport(inLifecycle('draft'), progress, report, AT)).toMatchObject({
            kind: 'rejected',
            reason: 'NOT_LIVE',
            metadata: { lifecycle: 'draft' },
          })
      }),
    )
  })
})

describe('a retired achievement', () => {
  test('rejects each report of a player that has not unlocked it', () => {
    fc.assert(
      fc.property(reports, (report) => {
        for (const progress of [NOT_STARTED, BEGUN])
          expect(applyReport(inLifecycle('retired'), progress, report, AT)).toMatchObject({
            kind: 'rejected',
            reason: 'NOT_LIVE',
            metadata: { lifecycle: 'retired' },
          })
      }),
    )
  })

  test('takes each report of a player that has unlocked it as a live one does', () => {
    fc.assert(
      fc.property(fc.oneof(reports, fc.constant(imported)), (report) => {
        const outcome = applyReport(inLifecycle('retired'), UNLOCKED, report, AT)
        expect(outcome).toEqual(applyReport(LIVE, UNLOCKED, report, AT))
        expect(outcome).toMatchObject({ alreadyUnlocked: true, newlyUnlocked: false })
      }),
    )
  })

  test('takes the history of another platform', () => {
    expect(applyReport(inLifecycle('retired'), BEGUN, imported, AT)).toMatchObject({
      newlyUnlocked: true,
      progress: { unlockTime: 5n, unlockPrecision: 'imported' },
    })
  })
})

describe.each(['draft', 'retired'] as const)('of a %s achievement', (lifecycle) => {
  test('a stat moves nothing, and neither does a change of the definition', () => {
    const followed = inLifecycle(lifecycle, 'kills')
    const begun = apply(inLifecycle('live', 'kills'), stat(4)).progress
    for (const progress of [NOT_STARTED, begun]) {
      for (const report of [stat(10), { kind: 'definition', stats: { kills: 10 } } as const]) {
        const outcome = applyReport(followed, progress, report, { ...AT, stats: { kills: 10 } })
        expect(outcome).toMatchObject({ kind: 'recorded', changed: false, newlyUnlocked: false, progress })
      }
    }
  })

  test('a change of the definition unlocks nothing that meets the target already', () => {
    const lowered = achievementOf({ lifecycle, requirements: [requirementOf({ target: 2n })] })
    const outcome = applyReport(lowered, BEGUN, { kind: 'definition', stats: {} }, AT)
    expect(outcome).toMatchObject({ newlyUnlocked: false, progress: { state: 'in_progress' } })
  })

  test('a change of the definition drops the values of another stat', () => {
    const report = { kind: 'definition', stats: { kills: 10 }, reset: ['count'] } as const
    expect(applyReport(inLifecycle(lifecycle, 'kills'), BEGUN, report, AT)).toMatchObject({
      changed: true,
      newlyUnlocked: false,
      progress: { state: 'not_started', values: {} },
    })
  })
})
