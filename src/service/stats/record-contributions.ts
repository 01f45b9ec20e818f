import type { StoredAchievement } from '../../model/achievement.ts'
import { communityGoalOf } from '../../model/community.ts'
import { isInsideWindow } from '../../model/current-progress.ts'
import type { Instant } from '../../model/instant.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Rise } from '../../store/community/community.ts'
import type { Queries } from '../../store/queries.ts'
import type { Movement } from './stat-updates.ts'

/** A community achievement after one player's contribution to it. */
export interface ContributionResult {
  readonly titleId: string
  readonly achievementId: string
  /** The player's contributions in total. */
  readonly contributed: number
  /** The contributions of all players in total. */
  readonly value: number
  readonly unlockTime: Instant | undefined
  readonly newlyUnlocked: boolean
}

/**
 * Adds the rise of a player's stats to the community achievements that follow them: to the player's contribution and to
 * the shared progress, which unlocks once. An unlocked achievement takes no more contributions. The caller has locked the
 * player's row of the title.
 */
export async function recordContributions(
  queries: Queries,
  key: PlayerTitleKey,
  achievements: readonly StoredAchievement[],
  movements: ReadonlyMap<string, Movement>,
  {
    time,
    actor,
    requestId,
  }: { readonly time: Instant; readonly actor: string; readonly requestId: string | undefined },
): Promise<readonly ContributionResult[]> {
  const rises = achievements.flatMap((achievement) => risesOf(achievement, movements, time))
  if (rises.length === 0) return []
  const { titleId } = key
  const ids = rises.map(({ achievementId }) => achievementId)
  const shared = await queries.community.insertAndLock(titleId, ids, time)
  const open = new Set(
    shared.flatMap(({ achievementId, unlockTime }) => (unlockTime === undefined ? achievementId : [])),
  )
  const counted = rises.filter(({ achievementId }) => open.has(achievementId))
  if (counted.length === 0) return []
  const contributions = await queries.community.addContributions(key, counted, time)
  const totals = new Map(contributions.map(({ achievementId, value }) => [achievementId, value]))
  const raised = await queries.community.raise(titleId, counted, time)
  const unlocked = raised.filter(({ unlockTime }) => unlockTime !== undefined)
  await queries.events.insert(
    unlocked.map(({ achievementId, unlockTime }) => ({
      playerId: key.playerId,
      titleId,
      achievementId,
      kind: 'community_unlocked',
      time,
      state: 'achieved',
      percent: 100,
      unlockTime,
      actor,
      reason: '',
      requestId: requestId ?? '',
    })),
  )
  return raised.map(({ achievementId, value, unlockTime }) => ({
    titleId,
    achievementId,
    contributed: totals.get(achievementId) ?? 0,
    value,
    unlockTime,
    newlyUnlocked: unlockTime !== undefined,
  }))
}

/** A challenge counts no contribution from outside its window, and only a live achievement counts any. */
function risesOf(
  achievement: StoredAchievement,
  movements: ReadonlyMap<string, Movement>,
  time: Instant,
): readonly Rise[] {
  const goal = communityGoalOf(achievement)
  const isOpen = achievement.lifecycle === 'live' && isInsideWindow(achievement, time)
  if (goal === undefined || !isOpen) return []
  const movement = movements.get(goal.statCode)
  if (movement === undefined || movement.after <= movement.before) return []
  const { before, after } = movement
  return [{ achievementId: achievement.id, before, after, target: goal.target }]
}
