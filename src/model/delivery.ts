import type { Event } from './event.ts'
import type { Instant } from './instant.ts'

/**
 * `pending`: to be sent, or sent again. `waiting_for_account`: to be sent once the player has an account there.
 * `superseded`: a later event says all that it would have. `unsupported`: the platform has no word for it. `dead`:
 * refused for good, or tried as often as it may be.
 */
export type DeliveryState =
  | 'pending'
  | 'waiting_for_account'
  | 'delivered'
  | 'superseded'
  | 'unsupported'
  | 'dead'

/** What a server has no more to do with, and somebody may want to have sent again. */
export const REPLAYABLE_STATES = [
  'delivered',
  'unsupported',
  'dead',
] as const satisfies readonly DeliveryState[]
export type ReplayableState = (typeof REPLAYABLE_STATES)[number]

/** One event on its way to one destination. */
export interface Delivery {
  readonly titleId: string
  readonly destinationId: string
  readonly event: Event
  readonly state: DeliveryState
  readonly attempts: number
  readonly createTime: Instant
  readonly attemptTime: Instant | undefined
  readonly nextAttemptTime: Instant | undefined
  /** The same for each try of the same; empty if never tried. */
  readonly idempotencyKey: string
  readonly request: DeliveryRequest | undefined
  readonly response: DeliveryResponse | undefined
  readonly error: string
}

/** What a destination knows of one player's achievement. */
export interface AchievementDelivery {
  readonly destinationId: string
  readonly dialect: string
  readonly achievementId: string
  /** Of the newest delivery. */
  readonly state: DeliveryState
  /** The newest event that the destination has. */
  readonly delivered: Event | undefined
  /** The newest event that is for it. */
  readonly newest: Event
  readonly nextAttemptTime: Instant | undefined
  readonly error: string
}

/** What was sent last, without its credential; the body is cut. */
export interface DeliveryRequest {
  readonly method: string
  readonly url: string
  readonly body: string
}

/** What was answered last; the body is cut. */
export interface DeliveryResponse {
  readonly status: number
  readonly body: string
}
