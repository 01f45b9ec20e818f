import type { DestinationKey } from '../../model/destination.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import type { Services } from '../services.ts'

/** Deletes the deliveries and queues of a deleted destination. Deletes nothing while the destination exists. */
export async function deleteDeliveries(
  services: Services,
  titleId: string,
  destinationId: string,
  call: Call,
): Promise<void> {
  await inBatches(services, call, (queries) => queries.deliveries.deleteBatch(titleId, destinationId))
}

/** Makes all retries due now: after the owner repaired the destination, deliveries need not wait for their backoff. */
export async function endBackoff(
  services: Services,
  { titleId, destinationId }: DestinationKey,
  call: Call,
): Promise<void> {
  await services.store.single(call.signal, (queries) =>
    queries.deliveryQueue.endPause({ titleId, destinationId }),
  )
  await inBatches(services, call, (queries) => queries.replays.endBackoff(titleId, destinationId))
}

/** Deletes completed deliveries whose events are older than the retention time. */
export async function purgeDeliveries({ store }: Services, signal: AbortSignal): Promise<void> {
  const { position } = await store.read(signal, (queries) => queries.events.findOldestMark())
  for (const key of await store.read(signal, (queries) => queries.deliveries.listDestinations())) {
    let reached: bigint | undefined = -1n
    while (reached !== undefined) {
      const after: bigint = reached
      reached = await store.write(signal, (queries) => queries.deliveries.purge(key, after, position))
    }
  }
}

/** Runs one short transaction per batch, so that row locks are short. Completed batches stay if a later one fails. */
async function inBatches(
  { store }: Services,
  { signal }: Call,
  runBatch: (queries: Queries) => Promise<boolean>,
): Promise<void> {
  let hasMore = true
  while (hasMore) hasMore = await store.write(signal, runBatch)
}
