import type { Generated } from 'kysely'
import type { DeliveryState } from '../../model/delivery.ts'
import type { EventKind } from '../../model/event.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ProgressState } from '../../model/progress.ts'
import type { Versioned } from '../versioned.ts'

export interface DestinationTable extends Versioned {
  title_id: string
  id: string
  display_name: string
  dialect: string
  url: string
  credential: string
  filter: JsonObject
  limits: JsonObject
  paused: Generated<boolean>
}

/** The part of a destination that servers update while they deliver. */
export interface DestinationFlowTable {
  title_id: string
  destination_id: string
  /** Events up to this id are enqueued. */
  position: bigint
  /** When the rate limit allows the next request, by the database's clock. */
  free_time: Generated<bigint>
  /** Until when the destination asked not to be called, by the database's clock; 0 if it did not. */
  wait_end_time: Generated<bigint>
}

/** A player with pending deliveries to a destination. */
export interface DeliveryQueueTable {
  player_id: string
  title_id: string
  destination_id: string
  /** When it may be claimed, by the database's clock; during a lease, the end of the lease. */
  due_time: bigint
  /** True while the player has no account on the destination's platform. */
  waiting: Generated<boolean>
  /** Consecutive failures. */
  failures: Generated<number>
  /** The id of the server's lease. */
  lease: string | null
}

export interface DeliveryTable {
  player_id: string
  title_id: string
  destination_id: string
  event_id: bigint
  achievement_id: string
  kind: EventKind
  time: bigint
  progress_state: ProgressState
  percent: number
  unlock_time: bigint | null
  actor: string
  reason: string
  request_id: string
  /** `waiting_for_account` is a state of the queue. */
  state: Exclude<DeliveryState, 'waiting_for_account'>
  attempts: Generated<number>
  create_time: bigint
  attempt_time: bigint | null
  idempotency_key: Generated<string>
  request: JsonObject | null
  response: JsonObject | null
  error: Generated<string>
}

/** The highest percent that a platform received since the last reset that it received. */
export interface SentPercentTable {
  player_id: string
  title_id: string
  destination_id: string
  achievement_id: string
  percent: number
}
