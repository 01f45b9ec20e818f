import type { EventFilter } from './event.ts'
import type { Duration, Instant } from './instant.ts'

/** The dialect of a destination that is no platform: its owner's own service, told in CloudEvents. */
export const WEBHOOK = 'webhook'

/** Where events of a title are delivered. */
export interface Destination {
  readonly titleId: string
  readonly id: string
  readonly displayName: string
  /** A dialect that has a bridge, or `webhook`. */
  readonly dialect: string
  readonly url: string
  /** Where its credential is found, `env:NAME` or `file:NAME`; empty for none. Never the credential itself. */
  readonly credential: string
  readonly filter: EventFilter
  readonly limits: DeliveryLimits
  readonly paused: boolean
  readonly createTime: Instant
  readonly updateTime: Instant
  /** Changes with each write. */
  readonly etag: string
}

/** Names a destination. */
export interface DestinationKey {
  readonly titleId: string
  readonly destinationId: string
}

/** How hard a destination is called. */
export interface DeliveryLimits {
  /** Of all processes together. */
  readonly requestsPerSecond: number
  /** At the same time, from each process. */
  readonly maxInFlight: number
  /** How often a delivery is tried before it is a dead letter. */
  readonly maxAttempts: number
  /** How long one request may take. */
  readonly timeout: Duration
}
