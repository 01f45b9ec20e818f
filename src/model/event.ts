import type { Instant } from './instant.ts'
import type { ProgressState } from './progress.ts'

export const EVENT_KINDS = [
  'progressed',
  'unlocked',
  'revoked',
  'restored',
  'reset',
  'community_unlocked',
  'claimed',
  'definition_changed',
] as const

/**
 * The kind of change. `community_unlocked` names the player whose contribution reached the goal, `claimed` the player who
 * claimed the reward, `definition_changed` no player.
 */
export type EventKind = (typeof EVENT_KINDS)[number]

/** A change in a title, written in the transaction of the change. */
export interface Event {
  /** Unique. Events of one player in one title have rising ids. */
  readonly id: bigint
  readonly titleId: string
  /** Empty for a change of a definition, and for a community achievement that a back-fill unlocked. */
  readonly playerId: string
  readonly achievementId: string
  readonly kind: EventKind
  /** For a report, the time that it states. */
  readonly time: Instant
  /** The player's state after it. */
  readonly state: ProgressState
  readonly percent: number
  readonly unlockTime: Instant | undefined
  readonly actor: string
  readonly reason: string
  readonly requestId: string
}

/** Selects the events that match each member that is not empty. */
export interface EventFilter {
  readonly kinds: readonly EventKind[]
  readonly achievementIds: readonly string[]
  readonly playerIds: readonly string[]
}

export const ALL_EVENTS: EventFilter = { kinds: [], achievementIds: [], playerIds: [] }
