import type { Destination, DestinationKey } from '../../model/destination.ts'
import type { Duration } from '../../model/instant.ts'

export interface DestinationWork {
  readonly destination: Destination
  /** Whether there are events to enqueue. */
  readonly hasNewEvents: boolean
  /** Whether players can be claimed. */
  readonly hasDuePlayers: boolean
}

/** The exclusive right to send a player's deliveries to a destination until the lease ends. */
export interface Claim {
  readonly playerId: string
  readonly lease: string
  /** The end of the lease, by the database's clock. */
  readonly dueTime: bigint
  /** Failed attempts in a row. */
  readonly failures: number
}

export interface Lease extends DestinationKey {
  readonly lease: string
  readonly leaseTime: Duration
  /** The platform on which players need an account; undefined for a webhook. */
  readonly dialect: string | undefined
}

export interface ClaimRequest extends Lease {
  readonly limit: number
  /** The time that one request takes of the rate limit, and how much of it may be used at once. */
  readonly interval: Duration
  readonly burst: Duration
}

export interface ClaimRow {
  readonly player_id: string
  readonly due_time: bigint
  readonly failures: number
}
