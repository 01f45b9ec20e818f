import type { StoredAchievement } from '../../model/achievement.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import { areApart, isLower } from './merge-existing.ts'

/**
 * How progress elsewhere compares with the stored one. `behind`: ours does not cover it. `missing`: there is none here. `exceeded`: ours is
 * further. `absent`: a complete list lacks it.
 */
export type Verdict = 'equal' | 'behind' | 'missing' | 'exceeded' | 'unlock_time' | 'absent'

/** Returns how progress elsewhere compares with the stored one; a revoked unlock is less than an unlock. */
export function verdictOf(
  achievement: StoredAchievement,
  theirs: Progress,
  ours: Progress = NOT_STARTED,
): Verdict {
  if (ours.state === 'not_started') return theirs.state === 'not_started' ? 'equal' : 'missing'
  if (isLower(achievement, ours, theirs)) return 'behind'
  if (isLower(achievement, theirs, ours)) return 'exceeded'
  if (ours.state !== 'achieved') return 'equal'
  if (ours.revoked !== theirs.revoked) return ours.revoked ? 'behind' : 'exceeded'
  return areApart(ours.unlockTime, theirs.unlockTime) ? 'unlock_time' : 'equal'
}
