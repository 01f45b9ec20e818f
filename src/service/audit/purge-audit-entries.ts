import type { Instant } from '../../model/instant.ts'
import type { Services } from '../services.ts'

/** Deletes the entries from before a time, in batches. */
export async function purgeAuditEntries(
  { store }: Pick<Services, 'store'>,
  time: Instant,
  signal: AbortSignal,
): Promise<void> {
  while (await store.single(signal, (queries) => queries.auditEntries.purgeBefore(time)))
    signal.throwIfAborted()
}
