import type { Destination, DestinationKey } from '../../model/destination.ts'
import { destinationOf, lockDestination } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** Lets deliveries rest; success if they do. */
export async function pauseDestination(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<Destination> {
  return setPaused(services, key, true, call)
}

export async function setPaused(
  services: Services,
  { titleId, destinationId }: DestinationKey,
  paused: boolean,
  call: Call,
): Promise<Destination> {
  return services.store.write(call.signal, async (queries) => {
    const current = await lockDestination(queries, titleId, destinationId)
    if (current.paused === paused) return current
    await queries.destinations.update({ ...current, paused, updateTime: services.now() })
    return destinationOf(queries, titleId, destinationId)
  })
}
