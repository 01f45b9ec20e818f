import { LRUCache } from 'lru-cache'
import type { StoredAchievement } from '../../model/achievement.ts'
import type { CacheLookups } from '../../model/cache-lookups.ts'
import { compositeKey } from '../../model/composite-key.ts'
import type { Queries } from '../../store/queries.ts'
import { bytesOf } from '../paging.ts'

interface DefinitionKey {
  readonly titleId: string
  readonly achievementId: string
}

interface DefinitionVersion {
  readonly id: string
  readonly etag: string
}

const MAX_DEFINITIONS = 50_000
/** Of all cached definitions, as messages. */
const MAX_BYTES = 128 * 2 ** 20

/**
 * Caches definitions. Entries may be stale, so every user checks their etags: a write made from them succeeds only if the
 * database still has the same etag, and `loadAt` returns only the etag that the caller has just read.
 */
export class DefinitionCache {
  readonly #cache = new LRUCache<string, StoredAchievement>({
    max: MAX_DEFINITIONS,
    maxSize: MAX_BYTES,
    sizeCalculation: bytesOf,
  })

  readonly lookups: CacheLookups = { hits: 0, misses: 0 }

  get({ titleId, achievementId }: DefinitionKey): StoredAchievement | undefined {
    const definition = this.#cache.get(compositeKey(titleId, achievementId))
    this.lookups[definition === undefined ? 'misses' : 'hits'] += 1
    return definition
  }

  /** Loads the definitions that are not cached. A definition that does not exist stays uncached. */
  async load(queries: Queries, keys: readonly DefinitionKey[]): Promise<void> {
    const missing = keys.filter((key) => this.get(key) === undefined)
    for (const [titleId, ofTitle] of Map.groupBy(missing, (key) => key.titleId)) {
      const ids = new Set(ofTitle.map(({ achievementId }) => achievementId))
      await this.#read(queries, titleId, [...ids])
    }
  }

  /** Returns definitions of a title at these versions, in their order. A definition that has been deleted is left out. */
  async loadAt(
    queries: Queries,
    titleId: string,
    versions: readonly DefinitionVersion[],
  ): Promise<readonly StoredAchievement[]> {
    const cached = new Map(versions.map(({ id }) => [id, this.get({ titleId, achievementId: id })]))
    const stale = versions.filter(({ id, etag }) => cached.get(id)?.etag !== etag).map(({ id }) => id)
    for (const id of stale) cached.delete(id)
    for (const achievement of await this.#read(queries, titleId, stale)) {
      cached.set(achievement.id, achievement)
    }
    return versions.flatMap(({ id }) => cached.get(id) ?? [])
  }

  evict(definitions: readonly StoredAchievement[]): void {
    for (const { titleId, id } of definitions) this.#cache.delete(compositeKey(titleId, id))
  }

  async #read(
    queries: Queries,
    titleId: string,
    ids: readonly string[],
  ): Promise<readonly StoredAchievement[]> {
    const found = await queries.achievements.listByIds(titleId, ids)
    for (const achievement of found) this.#cache.set(compositeKey(titleId, achievement.id), achievement)
    return found
  }
}
