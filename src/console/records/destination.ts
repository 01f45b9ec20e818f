import type { DeliveryStateJson } from '../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { GetDestinationHealthResponseJson } from '../../clients/typescript/gen/laurel/v1/destination_service_pb.js'
import { dialectName } from '../dialects.ts'
import type { ChipKind } from '../parts/chip.tsx'
import { formatTime } from '../parts/format.ts'

/** The dialect of destinations that are no platform. */
export const WEBHOOK = 'webhook'

/** Returns what receives the deliveries, for people. */
export function platformName(dialect: string | undefined): string {
  return dialect === WEBHOOK ? 'Webhook' : dialectName(dialect)
}

interface DestinationState {
  readonly label: string
  readonly kind: ChipKind
  readonly meaning: string
}

type Health = GetDestinationHealthResponseJson

/** Returns the state of a destination, by its health too: it is not active for people while calls fail. */
export function destinationStateOf({ destination = {}, ...health }: Health): DestinationState {
  const { paused, waitEndTime } = destination
  if (paused)
    return {
      label: 'Paused',
      kind: 'warning',
      meaning: 'Events are kept, and nothing is sent until it is resumed.',
    }
  if (waitEndTime !== undefined && Date.parse(waitEndTime) > Date.now()) {
    const until = formatTime(waitEndTime)
    return {
      label: 'Asked to wait',
      kind: 'warning',
      meaning: `A response asked not to be called until ${until}.`,
    }
  }
  if (isFailing(health)) {
    return (health.deliveredLastHour ?? 0) > 0
      ? { label: 'Retrying', kind: 'warning', meaning: 'The last attempt failed. It is repeated later.' }
      : {
          label: 'Failing',
          kind: 'bad',
          meaning: 'The last attempt failed, and nothing has arrived in the last hour. It is repeated later.',
        }
  }
  return { label: 'Active', kind: 'good', meaning: 'Events are sent as they come.' }
}

/** Whether deliveries wait since before the last attempt, which failed. */
function isFailing({ oldestPendingTime, lastErrorTime, ...health }: Health): boolean {
  if (oldestPendingTime === undefined || lastErrorTime === undefined) return false
  return (
    countOf(health, 'DELIVERY_STATE_PENDING') > 0 &&
    Date.parse(lastErrorTime) >= Date.parse(oldestPendingTime)
  )
}

/** Returns the number of deliveries in a state. */
export function countOf({ counts = [] }: Health, state: DeliveryStateJson): number {
  return counts.find((each) => each.state === state)?.count ?? 0
}
