import type { Duration, Instant } from './instant.ts'
import type { MigrationMapping } from './migration-mapping.ts'

export type MigrationState =
  | 'running'
  | 'paused'
  | 'cancelled'
  | 'succeeded'
  | 'succeeded_with_refusals'
  | 'rolled_back'

/**
 * `unlock_time`: both have unlocked it, at different times; `lower`: ours is further; `revoked`: ours is revoked; `future_time`: theirs lies in
 * the future, and is unknown here.
 */
export type MigrationConflictKind = 'unlock_time' | 'lower' | 'revoked' | 'future_time'

/** `pulling`: a server reads it; `failed`: it is tried again; `unlinked`: the player has no account that the source knows. */
export type PullState = 'pulling' | 'failed' | 'unlinked' | 'done'

/** Another system, from which a player's progress is read on the player's first call. */
export interface LazySource {
  /** With `{player}` or `{account}` in its path or query. */
  readonly url: string
  /** The reference of the credential; empty for none. */
  readonly credential: string
  /** How long a call waits for it. */
  readonly timeout: Duration
}

/** The source of the records of a player's document. */
export function lazySourceName(playerId: string): string {
  return `lazy source of player ${playerId}`
}

/** The member, or the column, of the reason in a file of refused records; a further one has a number after it. Readers ignore them. */
export const REASON_MEMBER = 'laurel_reason'

export interface MigrationJobKey {
  readonly titleId: string
  readonly jobId: string
}

/** The migration of players' progress from other systems into one title. */
export interface MigrationJob extends MigrationJobKey {
  readonly mapping: MigrationMapping
  /** 0: nothing is sent to destinations, and each part writes one event. */
  readonly deliveriesPerSecond: number
  readonly maxRefusals: bigint
  /** Undefined for a job that only takes input. */
  readonly lazySource: LazySource | undefined
  readonly state: MigrationState
  /** Why the job paused itself; empty otherwise. */
  readonly pauseReason: string
  readonly counts: MigrationCounts
  /** Of the runs that have ended. */
  readonly runCount: number
  /** The latest update time of the records of all ended runs. */
  readonly watermark: Instant | undefined
  /** How long before the watermark a record may have changed unseen. */
  readonly overlap: Duration
  readonly actor: string
  readonly createTime: Instant
  readonly updateTime: Instant
}

/** Numbers of records, and of parts. */
export interface MigrationCounts {
  readonly records: bigint
  readonly new: bigint
  readonly changed: bigint
  readonly unchanged: bigint
  readonly skipped: bigint
  /** Skipped: an earlier run has read them. */
  readonly older: bigint
  readonly refused: bigint
  readonly conflicts: bigint
  readonly parts: bigint
}

/** How far a job has read an input. */
export interface MigrationSource {
  readonly name: string
  /** In bytes of the decompressed input. */
  readonly position: bigint
  readonly header: string
  readonly recordCount: bigint
  readonly done: boolean
}

export interface MigrationRefusal {
  readonly source: string
  /** The end of the record in the input. */
  readonly position: bigint
  /** Of the record's refusals. */
  readonly ordinal: number
  readonly record: string
  readonly reason: string
}

export interface MigrationConflict {
  readonly playerId: string
  readonly achievementId: string
  readonly kind: MigrationConflictKind
  readonly theirs: string
  readonly ours: string
}
