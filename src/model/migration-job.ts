import type { Duration, Instant } from './instant.ts'
import type { MigrationMapping } from './migration-mapping.ts'

export type MigrationState =
  | 'running'
  | 'paused'
  | 'cancelled'
  | 'succeeded'
  | 'succeeded_with_refusals'
  | 'rolled_back'

/** `unlock_time`: both have unlocked it, at different times; `lower`: ours is further; `revoked`: ours is revoked. */
export type MigrationConflictKind = 'unlock_time' | 'lower' | 'revoked'

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
