import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { achievementOf, requirementOf } from '../../test/support/records.ts'
import { applyReport } from './apply-report.ts'
import { NOT_STARTED, type Outcome, type Report } from './progress.ts'

type Recorded = Extract<Outcome, { kind: 'recorded' }>

const AT = { time: 1000n, precision: 'exact', actor: 'test' } as const
const FOLLOWING = achievementOf({
  requirements: [requirementOf({ id: 'kills', statCode: 'kills' }), requirementOf({ id: 'free' })],
})

const reach = (quantity: bigint, requirementId: string): Report => ({
  kind: 'reach',
  requirementId,
  quantity,
})
const percent = (value: number): Report => ({ kind: 'percent', percent: value })

const NO_WINDOW = { steps: [], highest: undefined, lowest: undefined }

function apply(...reports: Report[]) {
  let progress = NOT_STARTED
  for (const report of reports) {
    const outcome = applyReport(FOLLOWING, progress, report, AT)
    expect(outcome).toMatchObject({ kind: 'recorded' })
    progress = (outcome as Recorded).progress
  }
  return progress
}

describe('a requirement that follows a stat', () => {
  const stat = (quantity: bigint): Report => ({
    kind: 'stat',
    statCode: 'kills',
    quantity,
    inWindow: NO_WINDOW,
  })

  test.each<Report>([
    { kind: 'unlock' },
    percent(1),
    percent(100),
    reach(1n, 'kills'),
    { kind: 'add', requirementId: 'kills', quantity: 1 },
  ])('is moved by no report, and the rejection names the stat (%#)', (report) => {
    expect(applyReport(FOLLOWING, NOT_STARTED, report, AT)).toMatchObject({
      kind: 'rejected',
      reason: 'REQUIREMENT_FOLLOWS_STAT',
      metadata: { requirementId: 'kills', statCode: 'kills' },
    })
  })

  test('lets reports on the other requirements count', () => {
    expect(apply(reach(4n, 'free')).values).toEqual({ free: 4n })
    expect(apply(reach(10n, 'free'), stat(10n)).state).toBe('achieved')
  })

  test('lets the whole be reported once the stat meets it', () => {
    expect(apply(stat(10n), percent(100))).toMatchObject({
      state: 'achieved',
      values: { kills: 10n, free: 10n },
    })
    expect(apply(stat(12n), percent(60)).values).toEqual({ kills: 12n, free: 6n })
  })

  test('has no value of an imported percent, which says nothing of one requirement among several', () => {
    const document = { state: 'in_progress', percent: 40, values: {}, unlockTime: undefined } as const
    const imported: Report = { kind: 'import', ...document, revoked: false, extensions: {} }
    expect(apply(reach(8n, 'free'), imported, imported)).toMatchObject({ values: { free: 8n }, percent: 40 })
  })

  test('has no value but that of its stat, whatever is reported', () => {
    const quantity = fc.bigInt({ min: -5n, max: 30n })
    const id = fc.constantFrom('kills', 'free', undefined)
    const report: fc.Arbitrary<Report> = fc.oneof(
      fc.record({ kind: fc.constantFrom('reach', 'add'), requirementId: id, quantity }),
      fc.record({ kind: fc.constant('percent'), percent: fc.integer({ min: 0, max: 100 }) }),
      fc.constant({ kind: 'unlock' }),
      fc.record({
        kind: fc.constant('stat'),
        statCode: fc.constant('kills'),
        quantity,
        inWindow: fc.constant(NO_WINDOW),
      }),
    )
    fc.assert(
      fc.property(fc.array(report, { maxLength: 8 }), (reports) => {
        let progress = NOT_STARTED
        let furthest: bigint | undefined
        for (const each of reports) {
          const outcome = applyReport(FOLLOWING, progress, each, AT)
          if (outcome.kind === 'recorded') progress = outcome.progress
          // Zero of a rising requirement is no value yet.
          if (each.kind === 'stat' && (each.quantity > 0n || furthest !== undefined)) {
            furthest =
              furthest === undefined || each.quantity > furthest ? (each.quantity as bigint) : furthest
          }
          expect(progress.values['kills']).toBe(furthest)
          if (progress.state === 'achieved') expect(furthest).toBeGreaterThanOrEqual(10n)
        }
      }),
    )
  })
})
