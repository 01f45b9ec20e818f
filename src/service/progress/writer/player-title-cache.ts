import { LRUCache } from 'lru-cache'
import type { Progress } from '../../../model/progress.ts'
import type { PlayerTitle } from '../../../store/progress/player-titles.ts'
import type { ProgressRecord } from '../../../store/progress/progress-rows.ts'

interface CachedPlayerTitle {
  playerTitle: PlayerTitle
  /** By achievement. */
  readonly progress: Map<string, Progress>
}

const MAX_PLAYER_TITLES = 50_000

/** The state before a write, by which the cache checks its entry. */
interface StateBefore {
  readonly before: PlayerTitle | undefined
  /** The progress that was read or cached, by achievement. */
  readonly found: ReadonlyMap<string, Progress>
}

/**
 * Players' titles as this process last read or wrote them. An entry may be stale: changes that are computed from it are
 * written only if the row still has the same version.
 */
export class PlayerTitleCache {
  readonly #cache = new LRUCache<string, CachedPlayerTitle>({ max: MAX_PLAYER_TITLES })

  /**
   * Returns the live entry, which `set` updates. So a reader may see progress of a later version than the row that it took,
   * and then its write fails the version check; it never sees older progress.
   */
  get(
    key: string,
  ): { readonly playerTitle: PlayerTitle; readonly progress: ReadonlyMap<string, Progress> } | undefined {
    return this.#cache.get(key)
  }

  /** Caches a row after a write. An entry of another version than the one before the write is replaced. */
  set(
    key: string,
    playerTitle: PlayerTitle,
    { before, found }: StateBefore,
    written: readonly ProgressRecord[],
  ): void {
    let cached = this.#cache.peek(key)
    if (cached === undefined || cached.playerTitle.version !== before?.version) {
      cached = { playerTitle, progress: new Map() }
      this.#cache.set(key, cached)
    }
    cached.playerTitle = playerTitle
    if (found !== cached.progress) {
      for (const [achievementId, progress] of found) cached.progress.set(achievementId, progress)
    }
    for (const { achievementId, progress } of written) cached.progress.set(achievementId, progress)
  }

  evict(key: string): void {
    this.#cache.delete(key)
  }
}
