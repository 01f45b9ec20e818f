import { LRUCache } from 'lru-cache'
import { NEVER_ABORTED } from '../../model/never-aborted.ts'
import type { Store } from '../../store/store.ts'

/** Counting takes at most this share of the time. */
const MAX_SHARE = 0.001
const MIN_AGE_MILLISECONDS = 1_000
const MAX_TITLES = 10_000

/**
 * The numbers of players of titles. Counting a million players takes a tenth of a second, so a count is cached for a time in proportion
 * to the time that it took.
 */
export class PlayerCounts {
  readonly #store: Store
  readonly #counts = new LRUCache<string, Promise<bigint>>({ max: MAX_TITLES })

  constructor(store: Store) {
    this.#store = store
  }

  /** Returns the number of players with a row of the title, as it was up to a second ago, or 100 seconds ago for a million players. */
  get(titleId: string): Promise<bigint> {
    const cached = this.#counts.get(titleId)
    if (cached !== undefined) return cached
    const start = performance.now()
    // Not the caller's signal, because other callers may wait for the same query.
    const count = this.#store.read(NEVER_ABORTED, (queries) => queries.playerTitles.countPlayers(titleId))
    this.#counts.set(titleId, count)
    count.then(
      () => {
        const age = (performance.now() - start) / MAX_SHARE
        this.#counts.set(titleId, count, { ttl: Math.max(age, MIN_AGE_MILLISECONDS) })
      },
      () => this.#counts.delete(titleId),
    )
    return count
  }
}
