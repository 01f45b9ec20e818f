import type { StoredAchievement } from './achievement.ts'
import type { Instant } from './instant.ts'

/** `document`: of a platform. `title`: the definitions of another title. `plan`: the reversal of an applied plan. */
export type PlanSource = 'document' | 'title' | 'plan'

export interface PlanCounts {
  readonly new: number
  readonly replaced: number
  readonly deleted: number
}

/** Changes of a title's definitions that are decided, and applied together or not at all. */
export interface Plan {
  readonly titleId: string
  readonly id: string
  readonly source: PlanSource
  /** The dialect of the document, the other title, or the reversed plan. */
  readonly sourceId: string
  /** A hash of the title's definitions when the changes were decided: equal definitions have the same one. */
  readonly stamp: string
  readonly actor: string
  readonly createTime: Instant
  /** Undefined until it is applied. */
  readonly applyTime: Instant | undefined
  readonly counts: PlanCounts
  /** Unlocks that the back-fills of a reversed plan made: they stay. */
  readonly keptUnlockCount: bigint
}

/** One achievement of a plan. */
export interface PlanChange {
  readonly achievementId: string
  /** Undefined for a new achievement. */
  readonly before: StoredAchievement | undefined
  /** Undefined for an achievement that is deleted. */
  readonly after: StoredAchievement | undefined
}
