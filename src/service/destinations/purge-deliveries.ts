import type { Services } from '../services.ts'

/** Erases what became of deliveries whose events are not kept any more. */
export async function purgeDeliveries({ store }: Services, signal: AbortSignal): Promise<void> {
  const { position } = await store.read(signal, (queries) => queries.events.findOldestMark())
  for (const key of await store.read(signal, (queries) => queries.deliveryRetention.listDestinations())) {
    let reached: bigint | undefined = -1n
    while (reached !== undefined) {
      const after: bigint = reached
      reached = await store.write(signal, (queries) => queries.deliveryRetention.purge(key, after, position))
    }
  }
}
