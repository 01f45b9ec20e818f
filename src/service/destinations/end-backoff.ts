import type { DestinationKey } from '../../model/destination.ts'
import type { Call, Services } from '../services.ts'
import { inSteps } from './in-steps.ts'

/** What rests because it failed is tried again now: whoever put the destination right need not wait for it. */
export async function endBackoff(
  services: Services,
  { titleId, destinationId }: DestinationKey,
  call: Call,
): Promise<void> {
  await inSteps(services, call, (queries) => queries.replays.endBackoff(titleId, destinationId))
}
