import type { Achievement } from '../../model/achievement.ts'
import { applyReport } from '../../model/apply-report.ts'
import { NOT_STARTED } from '../../model/progress.ts'
import type { ProgressFacts } from '../adapter.ts'
import { BLANK_ACHIEVEMENT } from './blank.ts'

/**
 * Returns the progress that a reader has after an import for a player without progress: a single value is of the only
 * requirement, values give a percent, and a percent gives the only requirement its value.
 */
export function importedProgress(
  definition: Achievement | undefined,
  { state, percent, values, unlockTime, revoked, extensions, ...names }: ProgressFacts,
): ProgressFacts {
  const report = { kind: 'import', state, percent, values, unlockTime, revoked, extensions: {} } as const
  const achievement: Achievement = {
    ...(definition ?? BLANK_ACHIEVEMENT),
    // All players earn a community goal together: no report of one player changes it. A draft takes none at all.
    participation: 'individual',
    lifecycle: 'live',
  }
  const outcome = applyReport(achievement, NOT_STARTED, report, CONTEXT)
  if (outcome.kind === 'rejected') throw new Error(`an import was rejected: ${outcome.detail}`)
  const imported = outcome.progress
  return {
    ...names,
    state: imported.state,
    percent: imported.percent,
    values: imported.values,
    unlockTime: imported.unlockTime,
    revoked: imported.revoked,
    extensions,
  }
}

const CONTEXT = { time: 0n, precision: 'exact', actor: '' } as const
