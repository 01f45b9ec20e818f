import type { Event } from './event.ts'
import type { Instant } from './instant.ts'

/**
 * `pending`: to be sent or retried. `waiting_for_account`: to be sent once the player has an account on the platform.
 * `superseded`: a later event carries the same facts. `unsupported`: the platform cannot represent the event. `dead`:
 * rejected permanently, or out of attempts.
 */
export type DeliveryState =
  | 'pending'
  | 'waiting_for_account'
  | 'delivered'
  | 'superseded'
  | 'unsupported'
  | 'dead'

/** States from which a delivery can be sent again on request. */
export const REPLAYABLE_STATES = [
  'delivered',
  'unsupported',
  'dead',
] as const satisfies readonly DeliveryState[]
export type ReplayableState = (typeof REPLAYABLE_STATES)[number]

/** One event for one destination. */
export interface Delivery {
  readonly titleId: string
  readonly destinationId: string
  readonly event: Event
  readonly state: DeliveryState
  readonly attempts: number
  readonly createTime: Instant
  readonly attemptTime: Instant | undefined
  readonly nextAttemptTime: Instant | undefined
  /** The same for each attempt; empty before the first. */
  readonly idempotencyKey: string
  readonly request: DeliveryRequest | undefined
  readonly response: DeliveryResponse | undefined
  readonly error: string
}

/** The numbers of a destination's deliveries, the oldest pending delivery, and the last error. */
export interface DeliveryCounts {
  /** By state, as far as that is quick: exact below 10,000 of each. Completed ones are counted among the newest 10,000 alone. */
  readonly counts: Readonly<Partial<Record<DeliveryState, number>>>
  /** Among the newest 10,000 deliveries. */
  readonly deliveredLastHour: number
  /** The creation of the oldest delivery that is pending or waits for an account, of the 10,000 players that are due first. */
  readonly oldestPendingTime: Instant | undefined
  /** Of the last attempt among deliveries that are not delivered. */
  readonly lastError: { readonly message: string; readonly time: Instant } | undefined
}

/** The state of one player's achievement at a destination. */
export interface AchievementDelivery {
  readonly destinationId: string
  readonly dialect: string
  readonly achievementId: string
  /** Of the newest delivery. */
  readonly state: DeliveryState
  /** The newest delivered event. */
  readonly delivered: Event | undefined
  /** The newest event for the destination. */
  readonly newest: Event
  readonly nextAttemptTime: Instant | undefined
  readonly error: string
}

/** The last request, without its credential; the body is truncated. */
export interface DeliveryRequest {
  readonly method: string
  readonly url: string
  readonly body: string
}

/** The last response; the body is truncated. */
export interface DeliveryResponse {
  readonly status: number
  readonly body: string
}
