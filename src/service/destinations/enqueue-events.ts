import { type Destination, WEBHOOK } from '../../model/destination.ts'
import { EVENT_KINDS, type EventKind } from '../../model/event.ts'
import type { Services } from '../services.ts'

/** What a platform is told of, where nobody says which kinds. */
const PLATFORM_EVENT_KINDS: readonly EventKind[] = ['progressed', 'unlocked']

/**
 * Makes deliveries of the next events that are meant for a destination, as far as they are settled. False when there
 * are no more for now, another process is at it, or the destination is not any more as it is given.
 */
export async function enqueueEvents(
  services: Services,
  destination: Destination,
  safePosition: bigint,
  signal: AbortSignal,
): Promise<boolean> {
  const kinds = kindsFor(services, destination)
  return services.store.single(signal, (queries) =>
    queries.deliveryQueue.enqueueEvents(destination, { ...destination.filter, kinds }, safePosition),
  )
}

/** Those that are asked for are taken up although the platform does not know them: that it does not is then told. */
function kindsFor({ dialects }: Services, { dialect, filter }: Destination): readonly EventKind[] {
  if (filter.kinds.length > 0) return filter.kinds
  if (dialect === WEBHOOK) return EVENT_KINDS
  const known = dialects.get(dialect)?.bridge?.kinds ?? []
  return PLATFORM_EVENT_KINDS.filter((kind) => known.includes(kind))
}
