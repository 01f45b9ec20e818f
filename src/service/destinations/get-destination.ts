import type { Destination, DestinationKey } from '../../model/destination.ts'
import { destinationOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export async function getDestination(
  services: Services,
  { titleId, destinationId }: DestinationKey,
  call: Call,
): Promise<Destination> {
  return services.store.read(call.signal, (queries) => destinationOf(queries, titleId, destinationId))
}
