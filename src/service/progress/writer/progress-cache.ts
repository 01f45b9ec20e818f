import { LRUCache } from 'lru-cache'
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

  get(key: string): CachedProgress | undefined {
    return this.#rows.get(key)
  }

  set(key: string, row: CachedProgress): void {
    this.#rows.set(key, row)
  }

  evict(key: string): void {
    this.#rows.delete(key)
  }
}
