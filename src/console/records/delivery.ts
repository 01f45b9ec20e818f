import type {
  AchievementDeliveryJson,
  DeliveryJson,
  DeliveryStateJson,
} from '../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type { ChipKind } from '../parts/chip.tsx'

interface DeliveryStateName {
  readonly label: string
  readonly kind: ChipKind
  /** The meaning and the next step, for people. */
  readonly meaning: string
}

/** The states of deliveries, by their names for people. */
export const DELIVERY_STATES: Readonly<
  Record<Exclude<DeliveryStateJson, 'DELIVERY_STATE_UNSPECIFIED'>, DeliveryStateName>
> = {
  DELIVERY_STATE_DELIVERED: {
    label: 'Delivered',
    kind: 'good',
    meaning: 'The destination accepted it.',
  },
  DELIVERY_STATE_PENDING: {
    label: 'Waiting',
    kind: 'neutral',
    meaning: 'It waits for its turn.',
  },
  DELIVERY_STATE_WAITING_FOR_ACCOUNT: {
    label: 'No account',
    kind: 'warning',
    meaning: 'The player has no account on the platform. It is sent once one is linked.',
  },
  DELIVERY_STATE_DEAD: {
    label: 'Failed',
    kind: 'bad',
    meaning: 'The destination refused it, or all attempts failed. It is sent again only if it is replayed.',
  },
  DELIVERY_STATE_UNSUPPORTED: {
    label: 'Unsupported',
    kind: 'neutral',
    meaning: 'The platform cannot take it. Replay it once the reason is gone.',
  },
  DELIVERY_STATE_SUPERSEDED: {
    label: 'Superseded',
    kind: 'neutral',
    meaning: 'A later event replaced it before it was sent.',
  },
}

/** Of a pending delivery whose last attempt failed. */
export const RETRYING: DeliveryStateName = {
  label: 'Retrying',
  kind: 'warning',
  meaning: 'The last attempt failed. It is repeated at the time of the next attempt.',
}

type Stateful = Pick<DeliveryJson & AchievementDeliveryJson, 'state' | 'error'>

/** Returns a delivery's state. A retry and a pause are states of their own here. */
export function deliveryStateOf(
  { state, error }: Stateful,
  destination?: DestinationJson,
): DeliveryStateName {
  if (state === 'DELIVERY_STATE_PENDING' && destination?.paused) {
    return {
      label: 'Paused',
      kind: 'warning',
      meaning: 'Deliveries to the destination are paused: resume them.',
    }
  }
  if (state === 'DELIVERY_STATE_PENDING' && error) {
    return RETRYING
  }
  if (state === undefined || state === 'DELIVERY_STATE_UNSPECIFIED')
    return DELIVERY_STATES.DELIVERY_STATE_PENDING
  return DELIVERY_STATES[state]
}

/** Returns whether a delivery has not arrived and needs a person. */
export function needsHelp({ state, error }: Stateful): boolean {
  return (
    state === 'DELIVERY_STATE_DEAD' ||
    state === 'DELIVERY_STATE_WAITING_FOR_ACCOUNT' ||
    state === 'DELIVERY_STATE_UNSUPPORTED' ||
    (state === 'DELIVERY_STATE_PENDING' && Boolean(error))
  )
}

export function isReplayable({ state }: Stateful): boolean {
  return (
    state === 'DELIVERY_STATE_DELIVERED' ||
    state === 'DELIVERY_STATE_UNSUPPORTED' ||
    state === 'DELIVERY_STATE_DEAD'
  )
}
