import type { Instant } from '../../model/instant.ts'
import type { Services } from '../services.ts'

/**
 * On a cluster, begins the ids of a new day, creates the partitions of the next one, and drops those of responses that are older than a
 * time. Partitions are created a day before they are used, so a failure leaves a day to repeat it. Elsewhere no table has partitions.
 */
export async function turnPartitions(
  { store, now }: Pick<Services, 'store' | 'now'>,
  oldestResponse: Instant,
  signal: AbortSignal,
): Promise<void> {
  const time = now()
  await store.write(signal, (queries) => queries.partitions.startDay(time))
  await store.write(signal, (queries) => queries.partitions.createNext(time))
  const expired = await store.read(signal, async (queries) =>
    queries.partitions.listUpTo('player_requests', await queries.events.findPositionBefore(oldestResponse)),
  )
  for (const partition of expired) await store.write(signal, (queries) => queries.partitions.drop(partition))
  if (await store.read(signal, (queries) => queries.partitions.hasNewOldestRequest())) store.refresh()
}
