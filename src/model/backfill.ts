import type { Instant } from './instant.ts'

/** Names a back-fill by its achievement. */
export type BackfillKey = Pick<Backfill, 'titleId' | 'achievementId'>

/** The application of a changed definition to the players who have progress or stats for it. A later change restarts it. */
export interface Backfill {
  readonly titleId: string
  readonly achievementId: string
  readonly state: 'running' | 'done'
  /** Whether its events are kept from destinations. */
  readonly silent: boolean
  /** Requirements that follow another stat since: their values are dropped. */
  readonly resetRequirements: readonly string[]
  /** Of the change. */
  readonly actor: string
  readonly requestId: string
  /** Players up to this id are done, in order of id. */
  readonly lastPlayerId: string
  /** The players that it has looked at. */
  readonly playerCount: number
  /** The players whom it has unlocked the achievement for. */
  readonly unlockCount: number
  readonly createTime: Instant
  readonly updateTime: Instant
}
