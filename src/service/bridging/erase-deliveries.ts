import type { Call, Services } from '../services.ts'

/**
 * Erases what was on its way to a destination that is gone, and what became of it; of one that is there nothing. In
 * many short transactions, because it may be much.
 */
export async function eraseDeliveries(
  { store }: Services,
  titleId: string,
  destinationId: string,
  { signal }: Call,
): Promise<void> {
  let more = true
  while (more) more = await store.write(signal, (queries) => queries.eraseDeliveries(titleId, destinationId))
}
