import {
  type AchievementDelivery as AchievementDeliveryMessage,
  type Delivery as DeliveryMessage,
  DeliveryState as DeliveryStateOnWire,
} from '../../gen/laurel/v1/delivery.ts'
import type { GetDestinationHealthResponse } from '../../gen/laurel/v1/destination_service.ts'
import {
  type AchievementDelivery,
  type Delivery,
  type DeliveryCounts,
  type DeliveryState,
  REPLAYABLE_STATES,
  type ReplayableState,
} from '../../model/delivery.ts'
import { LIMITS } from '../../model/limits.ts'
import { readList } from './collections.ts'
import { writeEvent } from './event.ts'
import { type Choices, readChoice } from './scalars.ts'
import { writeInstant, writeOptionalInstant } from './time.ts'
import type { Violations } from './violations.ts'

const STATES: Choices<DeliveryStateOnWire, DeliveryState> = {
  [DeliveryStateOnWire.UNSPECIFIED]: undefined,
  [DeliveryStateOnWire.PENDING]: 'pending',
  [DeliveryStateOnWire.WAITING_FOR_ACCOUNT]: 'waiting_for_account',
  [DeliveryStateOnWire.DELIVERED]: 'delivered',
  [DeliveryStateOnWire.SUPERSEDED]: 'superseded',
  [DeliveryStateOnWire.UNSUPPORTED]: 'unsupported',
  [DeliveryStateOnWire.DEAD]: 'dead',
}

const STATES_ON_WIRE: Readonly<Record<DeliveryState, DeliveryStateOnWire>> = {
  pending: DeliveryStateOnWire.PENDING,
  waiting_for_account: DeliveryStateOnWire.WAITING_FOR_ACCOUNT,
  delivered: DeliveryStateOnWire.DELIVERED,
  superseded: DeliveryStateOnWire.SUPERSEDED,
  unsupported: DeliveryStateOnWire.UNSUPPORTED,
  dead: DeliveryStateOnWire.DEAD,
}

const DELIVERY_STATES = Object.keys(STATES_ON_WIRE) as readonly DeliveryState[]

/** The highest possible event id. */
const MAX_EVENT_ID = 2n ** 63n - 1n

export function readDeliveryStates(
  states: readonly DeliveryStateOnWire[],
  violations: Violations,
): readonly DeliveryState[] {
  return readList(states, LIMITS.choices, 'states', violations, (state, field) =>
    readChoice(state, STATES, DeliveryStateOnWire, field, violations),
  )
}

export function readReplayableStates(
  states: readonly DeliveryStateOnWire[],
  violations: Violations,
): readonly ReplayableState[] {
  if (states.length === 0) return ['dead']
  return readList(states, LIMITS.choices, 'states', violations, (state, field) => {
    const found = REPLAYABLE_STATES.find((replayable) => STATES_ON_WIRE[replayable] === state)
    if (found !== undefined) return found
    const possible = REPLAYABLE_STATES.map((replayable) => replayable.toUpperCase())
    violations.add(field, `must be one of ${possible.join(', ')}`)
    return 'dead'
  })
}

export function readEventId(text: string, violations: Violations): bigint {
  const id = /^\d{1,19}$/.test(text) ? BigInt(text) : 0n
  if (id >= 1n && id <= MAX_EVENT_ID) return id
  violations.add('event_id', 'must be the event_id of an event: a decimal number')
  return 1n
}

export function writeDelivery(delivery: Delivery): DeliveryMessage {
  return {
    titleId: delivery.titleId,
    destinationId: delivery.destinationId,
    event: writeEvent(delivery.event),
    state: STATES_ON_WIRE[delivery.state],
    attempts: delivery.attempts,
    createTime: writeInstant(delivery.createTime),
    attemptTime: writeOptionalInstant(delivery.attemptTime),
    nextAttemptTime: writeOptionalInstant(delivery.nextAttemptTime),
    idempotencyKey: delivery.idempotencyKey,
    request: delivery.request,
    response: delivery.response,
    error: delivery.error,
  }
}

export function writeAchievementDelivery(delivery: AchievementDelivery): AchievementDeliveryMessage {
  return {
    ...delivery,
    state: STATES_ON_WIRE[delivery.state],
    delivered: delivery.delivered && writeEvent(delivery.delivered),
    newest: writeEvent(delivery.newest),
    nextAttemptTime: writeOptionalInstant(delivery.nextAttemptTime),
  }
}

export function writeDeliveryCounts({
  counts,
  deliveredLastHour,
  oldestPendingTime,
  lastError,
}: DeliveryCounts): Omit<GetDestinationHealthResponse, 'destination'> {
  return {
    counts: DELIVERY_STATES.flatMap((state) => {
      const count = counts[state]
      return count === undefined ? [] : { state: STATES_ON_WIRE[state], count }
    }),
    deliveredLastHour,
    oldestPendingTime: writeOptionalInstant(oldestPendingTime),
    lastError: lastError?.message ?? '',
    lastErrorTime: writeOptionalInstant(lastError?.time),
  }
}
