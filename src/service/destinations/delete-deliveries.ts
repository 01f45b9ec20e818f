import type { Call, Services } from '../services.ts'
import { inSteps } from './in-steps.ts'

/** Erases what was on its way to a destination that is gone, and what became of it; of one that is there nothing. */
export async function deleteDeliveries(
  services: Services,
  titleId: string,
  destinationId: string,
  call: Call,
): Promise<void> {
  await inSteps(services, call, (queries) => queries.deliveries.deleteBatch(titleId, destinationId))
}
