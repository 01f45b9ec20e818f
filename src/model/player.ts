import type { Instant } from './instant.ts'
import type { DialectId } from './title.ts'

/** A player, by an opaque id that the caller chose. */
export interface Player {
  readonly id: string
  readonly displayName: string
  readonly accounts: readonly Account[]
  readonly createTime: Instant
  readonly updateTime: Instant
  readonly etag: string
}

/** A player's id in one dialect. An account belongs to at most one player. */
export interface Account {
  readonly dialect: DialectId
  readonly id: string
}

/** A player's totals of a title, updated with each write and never recounted. */
export interface PlayerSummary {
  readonly playerId: string
  readonly titleId: string
  /** Achieved and not revoked. */
  readonly unlockedCount: number
  /** The gamerscore of those. */
  readonly score: bigint
  readonly lastUnlockTime: Instant | undefined
  /** The title's totals. */
  readonly achievementCount: number
  readonly maxScore: bigint
}
