import type { StoredAchievement } from '../../model/achievement.ts'
import { isInsideWindow } from '../../model/apply-report.ts'
import { communityGoalOf } from '../../model/community.ts'
import type { Instant } from '../../model/instant.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Rise } from '../../store/community/community.ts'
import type { Queries } from '../../store/queries.ts'
import type { Movement } from './stat-updates.ts'

/** What one player gave to a community achievement with one call. */
export interface ContributionResult {
  readonly titleId: string
  readonly achievementId: string
  /** What the player contributed in all. */
  readonly contributed: number
  /** What all players contributed together. */
  readonly value: number
  readonly unlockTime: Instant | undefined
  readonly newlyUnlocked: boolean
}

/**
 * Adds what a player's stats rose by to the community achievements that follow them: to what the player contributed, and
 * to what all share, which unlocks once. What is unlocked takes nothing more. The player's sheet must be locked.
 */
export async function recordContributions(
  queries: Queries,
  key: PlayerTitleKey,
  achievements: readonly StoredAchievement[],
  movements: ReadonlyMap<string, Movement>,
  told: { readonly time: Instant; readonly actor: string; readonly requestId: string | undefined },
): Promise<readonly ContributionResult[]> {
  const rises = achievements.flatMap((achievement) => risesOf(achievement, movements, told.time))
  if (rises.length === 0) return []
  const { titleId } = key
  const ids = rises.map(({ achievementId }) => achievementId)
  const shared = await queries.community.insertAndLock(titleId, ids, told.time)
  const open = new Set(shared.flatMap((each) => (each.unlockTime === undefined ? each.achievementId : [])))
  const counted = rises.filter(({ achievementId }) => open.has(achievementId))
  if (counted.length === 0) return []
  const mine = await queries.community.addContributions(key, counted, told.time)
  const contributed = new Map(mine.map(({ achievementId, value }) => [achievementId, value]))
  const raised = await queries.community.raise(titleId, counted, told.time)
  const unlocked = raised.filter(({ unlockTime }) => unlockTime !== undefined)
  await queries.events.insert(
    unlocked.map(({ achievementId, unlockTime }) => ({
      playerId: key.playerId,
      titleId,
      achievementId,
      kind: 'community_unlocked',
      time: told.time,
      state: 'achieved',
      percent: 100,
      unlockTime,
      actor: told.actor,
      reason: '',
      requestId: told.requestId ?? '',
    })),
  )
  return raised.map(({ achievementId, value, unlockTime }) => ({
    titleId,
    achievementId,
    contributed: contributed.get(achievementId) ?? 0,
    value,
    unlockTime,
    newlyUnlocked: unlockTime !== undefined,
  }))
}

/** A challenge counts at any time, and unlocks only inside its window: then with the next contribution. */
function risesOf(
  achievement: StoredAchievement,
  movements: ReadonlyMap<string, Movement>,
  time: Instant,
): readonly Rise[] {
  const goal = communityGoalOf(achievement)
  const movement = goal && movements.get(goal.statCode)
  if (movement === undefined || movement.after <= movement.before) return []
  const target = isInsideWindow(achievement, time) ? goal?.target : undefined
  return [{ achievementId: achievement.id, before: movement.before, after: movement.after, target }]
}
