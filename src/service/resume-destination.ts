import type { Destination, DestinationKey } from '../model/destination.ts'
import { endRests } from './bridging/end-rests.ts'
import { setPaused } from './pause-destination.ts'
import type { Call, Services } from './services.ts'

/** Sends what gathered, what rests included, and goes on; success if it is not paused. */
export async function resumeDestination(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<Destination> {
  const resumed = await setPaused(services, key, false, call)
  await endRests(services, key, call)
  return resumed
}
