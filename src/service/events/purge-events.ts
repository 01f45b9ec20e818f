import type { Instant } from '../../model/instant.ts'
import type { Services } from '../services.ts'

/**
 * Marks how far events are now, and erases those that were there when the last mark before a time was made. A watch that
 * is not so far hears that they are gone, and not a part of them.
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
  // What an earlier run had no time for is erased too.
  const oldest = await store.read(signal, (queries) => queries.events.findOldestMark())
  for (const titleId of await store.read(signal, (queries) => queries.events.listTitles())) {
    while (await store.write(signal, (queries) => queries.events.purgeUpTo(titleId, oldest.position)))
      signal.throwIfAborted()
  }
}
