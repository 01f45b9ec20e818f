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
 * What happened to an achievement. `community_unlocked` is told of the player whose contribution it was, `claimed` of
 * whoever took the reward, `definition_changed` of nobody.
 */
export type EventKind = (typeof EVENT_KINDS)[number]

/** Something that changed in a title, written in the transaction that changed it. */
export interface Event {
  /** Unique; of one player in one title, a later event has a higher one. */
  readonly id: bigint
  readonly titleId: string
  /** Empty for a change of a definition. */
  readonly playerId: string
  readonly achievementId: string
  readonly kind: EventKind
  /** When it happened: of a report, by its own word. */
  readonly time: Instant
  /** The player's state after it. */
  readonly state: ProgressState
  readonly percent: number
  readonly unlockTime: Instant | undefined
  readonly actor: string
  readonly reason: string
  readonly requestId: string
}

/** Which events are meant: those that meet each part that is not empty. */
export interface EventFilter {
  readonly kinds: readonly EventKind[]
  readonly achievementIds: readonly string[]
  readonly playerIds: readonly string[]
}

export const ALL_EVENTS: EventFilter = { kinds: [], achievementIds: [], playerIds: [] }
