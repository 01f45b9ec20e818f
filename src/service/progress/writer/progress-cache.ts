import { LRUCache } from 'lru-cache'
import type { CacheLookups } from '../../../model/cache-lookups.ts'
import type { Progress } from '../../../model/progress.ts'

/** A row of progress as it was last read or written. */
export interface CachedProgress {
  readonly version: bigint
  readonly progress: Progress
}

const MAX_ROWS = 50_000

/**
 * Rows of progress as this process last read or wrote them. A row may be stale: changes that are computed from it are written
 * only if the stored row still has the same version.
 */
export class ProgressCache {
  readonly #rows = new LRUCache<string, CachedProgress>({ max: MAX_ROWS })

  readonly lookups: CacheLookups = { hits: 0, misses: 0 }

  get(key: string): CachedProgress | undefined {
    const row = this.#rows.get(key)
    this.lookups[row === undefined ? 'misses' : 'hits'] += 1
    return row
  }

  set(key: string, row: CachedProgress): void {
    this.#rows.set(key, row)
  }

  evict(key: string): void {
    this.#rows.delete(key)
  }
}
