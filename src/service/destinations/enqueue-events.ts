import { type Destination, WEBHOOK } from '../../model/destination.ts'
import { EVENT_KINDS, type EventKind } from '../../model/event.ts'
import type { Services } from '../services.ts'

/** The default for platforms. */
const PLATFORM_EVENT_KINDS: readonly EventKind[] = ['progressed', 'unlocked']

/**
 * Adds the next batch of events up to the safe position to the destination's deliveries. Returns whether there may be
 * more: false too if another process is enqueueing, or the destination has changed.
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

/** Kinds that the filter names are enqueued even if the platform does not support them: the delivery then says so. */
function kindsFor({ dialects }: Services, { dialect, filter }: Destination): readonly EventKind[] {
  if (filter.kinds.length > 0) return filter.kinds
  if (dialect === WEBHOOK) return EVENT_KINDS
  const supported = dialects.get(dialect)?.bridge?.kinds ?? []
  return PLATFORM_EVENT_KINDS.filter((kind) => supported.includes(kind))
}
