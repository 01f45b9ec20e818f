import { LRUCache } from 'lru-cache'
import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import type { Loss } from '../../dialect/losses.ts'
import { pack } from '../../model/packed.ts'
import { achievementIdOf } from './entry-losses.ts'

/** A document may have millions of rows: a repetition is found among this many entries before it. */
const MAX_ENTRIES = 100_000

/** Finds the entries of a document that are about the same as an earlier one. */
export class RepeatedEntries {
  /** With `max`, the cache would allocate all its places at once: 40 ms for each document, however small. */
  readonly #paths = new LRUCache<string, string>({ maxSize: MAX_ENTRIES, sizeCalculation: () => 1 })
  readonly #dialect: string

  constructor({ id }: Pick<Adapter, 'id'>) {
    this.#dialect = id
  }

  /** Returns a loss if an earlier entry has the same achievement, or the same player's progress on it, or totals. */
  next(record: Canonical, path: string): readonly Loss[] {
    const { title, achievement, progress, summary } = record
    const id = achievement?.ids[this.#dialect] ?? achievementIdOf(record)
    const account = progress?.account ?? summary?.account
    const key = pack([title.binding, id, account, achievement !== undefined, summary !== undefined])
    const first = this.#paths.get(key)
    if (first === undefined) {
      this.#paths.set(key, path)
      return []
    }
    const detail = `entry ${first} has the same achievement or player: the later definition is imported, and the further progress`
    const achievementId = achievementIdOf(record)
    return [{ kind: 'merged', path, from: undefined, to: undefined, detail, achievementId }]
  }
}
