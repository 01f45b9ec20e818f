import type { Achievement, Requirement } from './achievement.ts'
import type { Instant } from './instant.ts'

/** The shared progress of all players of a title on a community achievement. */
export interface CommunityProgress {
  readonly achievementId: string
  /** The sum of all contributions. It never falls, not even when a contributor is deleted. */
  readonly value: number
  /** Set once, with the contribution that reached the goal; nothing is contributed after it. */
  readonly unlockTime: Instant | undefined
  readonly createTime: Instant
  readonly updateTime: Instant
}

/** One player's contribution to a community achievement. */
export interface Contribution {
  readonly playerId: string
  readonly achievementId: string
  readonly value: number
  /** When the player claimed the reward. */
  readonly claimTime: Instant | undefined
  readonly createTime: Instant
  readonly updateTime: Instant
}

/** The requirement to which the stat of all players contributes. */
export type CommunityGoal = Requirement & { readonly statCode: string }

/**
 * Returns the goal of a community achievement: its only requirement, which rises and follows a stat. With other requirements
 * there is no goal, and the achievement stays locked: a contribution to several goals would have no single value.
 */
export function communityGoalOf({
  participation,
  requirements,
}: Pick<Achievement, 'participation' | 'requirements'>): CommunityGoal | undefined {
  const [only, ...others] = requirements
  if (participation !== 'community' || only === undefined || others.length > 0) return undefined
  const { statCode, operator } = only
  return statCode === undefined || operator === 'at_most' ? undefined : { ...only, statCode }
}
