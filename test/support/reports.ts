import { expect } from 'vitest'
import type { Achievement } from '../../src/model/achievement.ts'
import { applyReport } from '../../src/model/apply-report.ts'
import { NOT_STARTED, type Outcome, type Report } from '../../src/model/progress.ts'

export type Recorded = Extract<Outcome, { kind: 'recorded' }>

export const AT = { time: 1000n, precision: 'exact', actor: 'test' } as const

export const reach = (quantity: bigint | number, requirementId?: string): Report => ({
  kind: 'reach',
  requirementId,
  quantity,
})
export const add = (quantity: bigint): Report => ({ kind: 'add', requirementId: undefined, quantity })
export const percent = (value: number): Report => ({ kind: 'percent', percent: value })

/** Applies reports to progress that is not started, and returns the last outcome. */
export function apply(achievement: Achievement, ...reports: Report[]): Recorded {
  let outcome: Outcome = {
    kind: 'recorded',
    progress: NOT_STARTED,
    missing: [],
    changed: false,
    newlyUnlocked: false,
    alreadyUnlocked: false,
  }
  for (const report of reports) {
    outcome = applyReport(achievement, (outcome as Recorded).progress, report, AT)
    expect(outcome).toMatchObject({ kind: 'recorded' })
  }
  return outcome as Recorded
}
