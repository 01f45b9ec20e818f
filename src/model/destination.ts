import type { EventFilter } from './event.ts'
import type { Duration, Instant } from './instant.ts'

/** The dialect of a destination that is the owner's own service and receives CloudEvents. */
export const WEBHOOK = 'webhook'

/** A target for events of a title. */
export interface Destination {
  readonly titleId: string
  readonly id: string
  readonly displayName: string
  /** A dialect with an event mapper, or `webhook`. */
  readonly dialect: string
  readonly url: string
  /** A reference to the credential, `env:NAME` or `file:NAME`, never the credential itself; empty for none. */
  readonly credential: string
  readonly filter: EventFilter
  readonly limits: DeliveryLimits
  readonly paused: boolean
  /** Until when the destination asked not to be called. */
  readonly waitEndTime?: Instant | undefined
  readonly createTime: Instant
  readonly updateTime: Instant
  /** Changes with each write. */
  readonly etag: string
}

export interface DestinationKey {
  readonly titleId: string
  readonly destinationId: string
}

export interface DeliveryLimits {
  /** Of all processes together. */
  readonly requestsPerSecond: number
  /** Concurrent requests of each process. */
  readonly maxInFlight: number
  /** After so many a delivery is a dead letter. */
  readonly maxAttempts: number
  /** Of one request. */
  readonly timeout: Duration
}
