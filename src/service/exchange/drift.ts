import type { StoredAchievement } from '../../model/achievement.ts'
import { applyReport } from '../../model/apply-report.ts'
import type { ProgressKey } from '../../model/progress.ts'
import { NOT_STARTED, type Progress, type Report, type ReportContext, valueAt } from '../../model/progress.ts'
import { compareQuantities } from '../../model/quantity.ts'

/** A player has more than a document says. */
export interface Drift {
  readonly key: ProgressKey
  /** What the document's word alone comes to. */
  readonly said: Progress
  readonly kept: Progress
}

const RANKS = { not_started: 0, in_progress: 1, achieved: 2 } as const

/**
 * Whether less is said than is kept, by the rules that reports go by. What is achieved on both sides is the same; a
 * value counts where one is said, because not every dialect has values; what was taken back is not had.
 */
export function driftOf(
  achievement: StoredAchievement,
  word: Extract<Report, { kind: 'import' }>,
  kept: Progress,
  context: ReportContext,
  key: ProgressKey,
): Drift | undefined {
  if (kept.revoked || kept.state === 'not_started' || word.state === 'achieved') return undefined
  const outcome = applyReport(achievement, NOT_STARTED, word, context)
  if (outcome.kind === 'rejected') return undefined
  const said = outcome.progress
  const isLower =
    RANKS[said.state] < RANKS[kept.state] ||
    said.percent < kept.percent ||
    achievement.requirements.some(({ id, operator }) => {
      const [theirs, ours] = [valueAt(said.values, id), valueAt(kept.values, id)]
      if (theirs === undefined || ours === undefined) return false
      const difference = compareQuantities(theirs, ours)
      return operator === 'at_least' ? difference < 0 : difference > 0
    })
  return isLower ? { key, said, kept } : undefined
}
