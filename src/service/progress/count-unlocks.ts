import { LRUCache } from 'lru-cache'
import { type Instant, TICKS_PER_SECOND } from '../../model/instant.ts'
import { NEVER_ABORTED } from '../../model/never-aborted.ts'
import { titleOf } from '../require.ts'
import type { Services } from '../services.ts'

export interface UnlockCounts {
  /** Players with a row of the title. */
  readonly players: number
  /** By achievement, the players who have it and whose unlock is not revoked; zero is left out. */
  readonly unlocks: ReadonlyMap<string, number>
}

interface CachedCounts {
  readonly time: Instant
  readonly counts: Promise<UnlockCounts>
}

const MAX_AGE = 60n * TICKS_PER_SECOND
const MAX_TITLES = 1000

const caches = new WeakMap<Services['store'], LRUCache<string, CachedCounts>>()

/**
 * Counts the unlocks of each achievement over all players of a title. The query reads all progress of the title, so its
 * result is cached for a minute, and concurrent requests share one query.
 */
export async function countUnlocks(
  services: Services,
  { titleId }: { readonly titleId: string },
): Promise<UnlockCounts> {
  const cache = caches.get(services.store) ?? new LRUCache({ max: MAX_TITLES })
  caches.set(services.store, cache)
  const now = services.now()
  const cached = cache.get(titleId)
  if (cached !== undefined && now - cached.time < MAX_AGE) return cached.counts
  const current = { time: now, counts: count(services, titleId) }
  cache.set(titleId, current)
  current.counts.catch(() => cache.peek(titleId) === current && cache.delete(titleId))
  return current.counts
}

function count({ store }: Services, titleId: string): Promise<UnlockCounts> {
  // Not the caller's signal, because other requests may wait for the same query.
  return store.read(NEVER_ABORTED, async (queries) => {
    await titleOf(queries, titleId)
    return {
      players: await queries.playerTitles.countPlayers(titleId),
      unlocks: await queries.progress.countUnlocks(titleId),
    }
  })
}
