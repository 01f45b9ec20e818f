import type { Instant } from './instant.ts'
import type { Progress, ProgressState } from './progress.ts'

export const EVENT_KINDS = [
  'progressed',
  'unlocked',
  'revoked',
  'restored',
  'reset',
  'community_unlocked',
  'claimed',
  'definition_changed',
  'player_deleted',
  'player_merged',
  'progress_imported',
] as const

/**
 * The kind of change. `community_unlocked` names the player whose contribution reached the goal, `claimed` the player who
 * claimed the reward, `definition_changed` no player. `player_deleted` and `player_merged` concern all
 * achievements and name none; `player_merged` names the absorbed player. `progress_imported` is a part of a migration job, concerns any
 * players and achievements, and names none.
 */
export type EventKind = (typeof EVENT_KINDS)[number]

const WITHOUT_PROGRESS: readonly EventKind[] = [
  'definition_changed',
  'player_deleted',
  'player_merged',
  'progress_imported',
]

/** Returns whether events of the kind have a state of progress. */
export function hasProgress(kind: EventKind): boolean {
  return !WITHOUT_PROGRESS.includes(kind)
}

/** A change in a title, written in the transaction of the change. */
export interface Event {
  /** Unique. Events of one player in one title have rising ids. */
  readonly id: bigint
  readonly titleId: string
  /** Empty for a change of a definition, a part of a migration, and a community achievement that a back-fill unlocked. */
  readonly playerId: string
  /** Empty for an event about the player as a whole. */
  readonly achievementId: string
  readonly kind: EventKind
  /** For a report, the time that it states. */
  readonly time: Instant
  /** The player's state after it. */
  readonly state: ProgressState
  readonly percent: number
  readonly unlockTime: Instant | undefined
  /** The caller's name, and in parentheses the actor on whose behalf it acted. */
  readonly actor: string
  readonly reason: string
  readonly requestId: string
}

export interface EventWithProgress extends Event {
  /**
   * The player's progress after the event. Undefined if it changed no progress of a player, or was stored before events held
   * the progress.
   */
  readonly progress: Progress | undefined
}

/** Selects the events that match each member that is not empty. An event without an achievement matches all achievements. */
export interface EventFilter {
  readonly kinds: readonly EventKind[]
  readonly achievementIds: readonly string[]
  readonly playerIds: readonly string[]
}

export const ALL_EVENTS: EventFilter = { kinds: [], achievementIds: [], playerIds: [] }
