import type { Achievement, Requirement } from './achievement.ts'
import type { Instant } from './instant.ts'

/** How far all players of a title are together on a community achievement. */
export interface CommunityProgress {
  readonly achievementId: string
  /** The sum of what was contributed. It never falls, not even when a contributor is erased. */
  readonly value: number
  /** Set once, with the contribution that reached the goal; nothing is contributed after it. */
  readonly unlockTime: Instant | undefined
  readonly createTime: Instant
  readonly updateTime: Instant
}

/** What one player gave to a community achievement. */
export interface Contribution {
  readonly playerId: string
  readonly achievementId: string
  readonly value: number
  /** When the player took the reward. */
  readonly claimTime: Instant | undefined
  readonly createTime: Instant
  readonly updateTime: Instant
}

/** The requirement that players feed together by its stat. */
export type CommunityGoal = Requirement & { readonly statCode: string }

/**
 * The goal of a community achievement: its only requirement, which rises and follows a stat. One that asks for anything
 * else has none, and stays locked: of several goals, nobody could say what a player contributed.
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
