import type { Instant } from './instant.ts'
import type { DialectId } from './title.ts'

/** Who plays: an opaque id that the caller chose. */
export interface Player {
  readonly id: string
  readonly displayName: string
  readonly accounts: readonly Account[]
  readonly createTime: Instant
  readonly updateTime: Instant
  readonly etag: string
}

/** A player's id in one dialect. An account belongs to one player at most. */
export interface Account {
  readonly dialect: DialectId
  readonly id: string
}

/** What a player has of a title in all, kept with each write and never recounted. */
export interface PlayerSummary {
  readonly playerId: string
  readonly titleId: string
  /** Achieved and not revoked. */
  readonly unlockedCount: number
  /** The gamerscore of those. */
  readonly score: bigint
  readonly lastUnlockTime: Instant | undefined
  /** How many achievements and how much gamerscore the title has. */
  readonly achievementCount: number
  readonly maxScore: bigint
}
