import type { Destination } from '../model/destination.ts'
import type { DestinationKey } from './get-destination.ts'
import { setPaused } from './pause-destination.ts'
import type { Call, Services } from './services.ts'

/** Sends what gathered, and goes on; success if it is not paused. */
export async function resumeDestination(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<Destination> {
  return setPaused(services, key, false, call)
}
