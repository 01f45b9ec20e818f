import type { DeliveryStateJson } from '../../clients/typescript/gen/laurel/v1/delivery_pb.js'
import type { DestinationJson } from '../../clients/typescript/gen/laurel/v1/destination_pb.js'
import type { GetDestinationHealthResponseJson } from '../../clients/typescript/gen/laurel/v1/destination_service_pb.js'
import type { ChipKind } from '../parts/chip.tsx'
import { formatTime } from '../parts/format.ts'

/** The dialect of destinations that are no platform. */
export const WEBHOOK = 'webhook'

interface DestinationState {
  readonly label: string
  readonly kind: ChipKind
  readonly meaning: string
}

export function destinationStateOf({ paused, waitEndTime }: DestinationJson): DestinationState {
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
  return { label: 'Active', kind: 'good', meaning: 'Events are sent as they come.' }
}

/** Returns the number of deliveries in a state. */
export function countOf({ counts = [] }: GetDestinationHealthResponseJson, state: DeliveryStateJson): number {
  return counts.find((each) => each.state === state)?.count ?? 0
}
