import type { Destination, DestinationKey } from '../../model/destination.ts'
import type { Call, Services } from '../services.ts'
import { endBackoff } from './end-backoff.ts'
import { setPaused } from './pause-destination.ts'

/** Sends what gathered, what rests included, and goes on; success if it is not paused. */
export async function resumeDestination(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<Destination> {
  const resumed = await setPaused(services, key, false, call)
  await endBackoff(services, key, call)
  return resumed
}
