import type { Instant } from '../../model/instant.ts'
import type { Services } from '../services.ts'

/**
 * Deletes the events up to the last mark before a time, and adds a mark of the current position. The older marks are
 * deleted first: a watch behind the remaining mark then fails instead of missing some of its events.
 */
export async function purgeEventsBefore(
  services: Services,
  time: Instant,
  signal: AbortSignal,
): Promise<void> {
  const { store, safePosition } = services
  const position = await safePosition.current(signal)
  await store.write(signal, (queries) => queries.events.insertMark({ position, time: services.now() }))
  const mark = await store.read(signal, (queries) => queries.events.findMarkBefore(time))
  if (mark !== undefined) await store.write(signal, (queries) => queries.events.purgeMarksBefore(mark))
  // Includes events that an interrupted earlier run has left.
  const { position: last } = await store.read(signal, (queries) => queries.events.findOldestMark())
  for (const part of await store.read(signal, (queries) => queries.events.listPartsUpTo(last))) {
    while (await store.write(signal, (queries) => queries.events.purgeUpTo(part, last)))
      signal.throwIfAborted()
  }
}
