import type { Services } from '../services.ts'

/** Erases what became of deliveries whose events are not kept any more. */
export async function forgetDeliveries({ store }: Services, signal: AbortSignal): Promise<void> {
  const { position } = await store.read(signal, (queries) => queries.oldestEventMark())
  for (const key of await store.read(signal, (queries) => queries.destinationKeys())) {
    let reached: bigint | undefined = -1n
    while (reached !== undefined) {
      const after: bigint = reached
      reached = await store.write(signal, (queries) => queries.forgetDeliveries(key, after, position))
    }
  }
}
