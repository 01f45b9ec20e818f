import type { DestinationKey } from '../get-destination.ts'
import type { Call, Services } from '../services.ts'

/** What rests because it failed is tried again now: whoever put the destination right need not wait for it. */
export async function endRests(
  { store }: Services,
  { titleId, destinationId }: DestinationKey,
  { signal }: Call,
): Promise<void> {
  let more = true
  while (more) more = await store.write(signal, (queries) => queries.endRests(titleId, destinationId))
}
