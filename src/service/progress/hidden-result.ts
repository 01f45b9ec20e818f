import type { StoredAchievement } from '../../model/achievement.ts'
import type { Principal } from '../../model/principal.ts'
import type { ProgressResult } from '../../model/progress.ts'
import type { Call } from '../call.ts'

/** Returns the result for the caller: for a player without the requirements of a hidden achievement that is not unlocked. */
export function resultFor(
  { principal }: Pick<Call, 'principal'>,
  { hidden }: Pick<StoredAchievement, 'hidden'>,
  result: ProgressResult,
): ProgressResult {
  if (!isHiddenFrom(principal, hidden) || result.progress.state === 'achieved') return result
  return { ...result, progress: { ...result.progress, values: {}, extensions: {} }, missing: [] }
}

/** Returns whether a caller may not see the requirements of an achievement before it is unlocked. */
export function isHiddenFrom({ kind }: Principal, hidden: boolean): boolean {
  return hidden && kind === 'player'
}
