import { LRUCache } from 'lru-cache'
import type { Progress } from '../../../model/progress.ts'
import type { PlayerTitle } from '../../../store/progress/player-titles.ts'
import type { ProgressRecord } from '../../../store/progress/progress.ts'

/** A sheet, and by achievement what is known of its progress. */
interface CachedPlayerTitle {
  playerTitle: PlayerTitle
  readonly progress: Map<string, Progress>
}

/** So many sheets are remembered at most; the ones that were not used for longest are forgotten. */
const MOST = 50_000

/**
 * What players had when they were last written or read, in memory, by the keys of their sheets. It may be old: what is
 * thought out from it is written only if the sheet is still of the same version.
 */
export class PlayerTitleCache {
  readonly #cache = new LRUCache<string, CachedPlayerTitle>({ max: MOST })

  /**
   * What is given moves on with what is written while somebody judges by it: progress may come to be that of a later
   * version than the sheet that was taken, never of an earlier one, and what was thought out from that is not written.
   */
  get(
    name: string,
  ): { readonly playerTitle: PlayerTitle; readonly progress: ReadonlyMap<string, Progress> } | undefined {
    return this.#cache.get(name)
  }

  /**
   * What was `written` of a sheet that was as it is `before`, with the progress that was `found` then. What is
   * remembered of another version of it is forgotten.
   */
  set(
    name: string,
    playerTitle: PlayerTitle,
    {
      before,
      found,
    }: { readonly before: PlayerTitle | undefined; readonly found: ReadonlyMap<string, Progress> },
    written: readonly ProgressRecord[],
  ): void {
    let known = this.#cache.peek(name)
    if (known === undefined || known.playerTitle.version !== before?.version) {
      known = { playerTitle, progress: new Map() }
      this.#cache.set(name, known)
    }
    known.playerTitle = playerTitle
    if (found !== known.progress) {
      for (const [achievementId, progress] of found) known.progress.set(achievementId, progress)
    }
    for (const { achievementId, progress } of written) known.progress.set(achievementId, progress)
  }

  evict(name: string): void {
    this.#cache.delete(name)
  }
}
