import { LRUCache } from 'lru-cache'
import type { Queries } from '../../store/queries.ts'

/** Counting takes at most this share of the time. */
const MAX_SHARE = 0.001
const MIN_AGE_MILLISECONDS = 1_000
const MAX_TITLES = 10_000

/**
 * The numbers of players of titles. Counting a million players takes a tenth of a second, so a count is cached for a time in proportion
 * to the time that it took.
 */
export class PlayerCounts {
  readonly #counts = new LRUCache<string, bigint>({ max: MAX_TITLES })

  /** Returns the number of players with a row of the title, as it was up to a second ago, or 100 seconds ago for a million players. */
  async get(queries: Queries, titleId: string): Promise<bigint> {
    const cached = this.#counts.get(titleId)
    if (cached !== undefined) return cached
    const start = performance.now()
    const count = await queries.playerTitles.countPlayers(titleId)
    const age = (performance.now() - start) / MAX_SHARE
    this.#counts.set(titleId, count, { ttl: Math.max(age, MIN_AGE_MILLISECONDS) })
    return count
  }
}
