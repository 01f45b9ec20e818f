import { LRUCache } from 'lru-cache'
import type { StoredAchievement } from '../../model/achievement.ts'
import type { Queries } from '../../store/queries.ts'

interface DefinitionKey {
  readonly titleId: string
  readonly achievementId: string
}

/** So many are remembered at most; the ones that were not used for longest are forgotten. */
const MOST = 50_000

/** A definition as it is at one etag. */
interface Stamp {
  readonly id: string
  readonly etag: string
}

/**
 * Definitions in memory. Whoever goes by them makes sure of their etags: what is judged by them is written only if they
 * are still so in the database, and what is shown is what has the etag that was just read.
 */
export class DefinitionCache {
  readonly #cache = new LRUCache<string, StoredAchievement>({ max: MOST })

  get({ titleId, achievementId }: DefinitionKey): StoredAchievement | undefined {
    return this.#cache.get(`${titleId}\u0000${achievementId}`)
  }

  /** Reads those that are not known yet. One that does not exist stays unknown. */
  async load(queries: Queries, keys: readonly DefinitionKey[]): Promise<void> {
    const missing = keys.filter((key) => this.get(key) === undefined)
    for (const [titleId, ofTitle] of Map.groupBy(missing, (key) => key.titleId)) {
      const ids = new Set(ofTitle.map(({ achievementId }) => achievementId))
      for (const achievement of await queries.achievements.listByIds(titleId, [...ids]))
        this.#put(achievement)
    }
  }

  /** Those of a title at their etags, in the order asked for. One that has been deleted since is left out. */
  async at(
    queries: Queries,
    titleId: string,
    stamps: readonly Stamp[],
  ): Promise<readonly StoredAchievement[]> {
    const old = stamps.filter(({ id, etag }) => this.get({ titleId, achievementId: id })?.etag !== etag)
    const read =
      old.length === 0
        ? []
        : await queries.achievements.listByIds(
            titleId,
            old.map(({ id }) => id),
          )
    for (const achievement of read) this.#put(achievement)
    const fresh = new Map(read.map((achievement) => [achievement.id, achievement]))
    const isOld = new Set(old.map(({ id }) => id))
    return stamps.flatMap(({ id }) => {
      const known = isOld.has(id) ? fresh.get(id) : this.get({ titleId, achievementId: id })
      return known ?? []
    })
  }

  evict(definitions: readonly StoredAchievement[]): void {
    for (const { titleId, id } of definitions) this.#cache.delete(`${titleId}\u0000${id}`)
  }

  #put(achievement: StoredAchievement): void {
    this.#cache.set(`${achievement.titleId}\u0000${achievement.id}`, achievement)
  }
}
