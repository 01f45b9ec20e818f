import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Queries } from '../../store/queries.ts'
import { achievementExists } from '../achievements/create-achievement.ts'
import { achievementNotFound } from '../require.ts'

/** By the dialect's id or the document's code: our achievement id. */
export type Mapping = Readonly<Record<string, string>>

/**
 * Finds the record that an entry speaks of: by the id that it has in the dialect, else by its code, else by the
 * caller's mapping. Never by name.
 */
export class Matcher {
  readonly #adapter: Adapter
  readonly #mapping: Mapping
  readonly #byDialectId: Map<string, string>
  readonly #byId: Map<string, StoredAchievement>
  readonly #stored: ReadonlyMap<string, StoredAchievement>
  readonly #titleId: string

  private constructor(
    adapter: Adapter,
    mapping: Mapping,
    titleId: string,
    byDialectId: ReadonlyMap<string, string>,
    known: readonly StoredAchievement[],
  ) {
    this.#stored = new Map(known.map((achievement) => [achievement.id, achievement]))
    this.#adapter = adapter
    this.#mapping = mapping
    this.#titleId = titleId
    this.#byDialectId = new Map(byDialectId)
    this.#byId = new Map(this.#stored)
  }

  /** Reads what a batch of records may match, and locks it: to change it, or only to hold it as it is. */
  static async load(
    adapter: Adapter,
    queries: Queries,
    titleId: string,
    records: readonly Canonical[],
    mapping: Mapping,
    purpose: 'change' | 'hold',
  ): Promise<Matcher> {
    const names = [...new Set(records.flatMap((record) => namesOf(adapter, record)))]
    const byDialectId = await queries.achievementIds.findAchievements(titleId, adapter.id, names)
    const mapped = names.map((name) => targetOf(mapping, name)).filter((id) => id !== undefined)
    const prefixed = names.map((name) => `${adapter.id}-${name}`)
    const ids = new Set([...byDialectId.values(), ...names, ...mapped, ...prefixed])
    const lock = purpose === 'change' ? queries.achievements.lock : queries.achievements.lockShared
    const known = await lock(titleId, [...ids])
    return new Matcher(adapter, mapping, titleId, byDialectId, known)
  }

  /** @throws LaurelError when the mapping names an achievement that does not exist. */
  find(record: Canonical): StoredAchievement | undefined {
    const names = namesOf(this.#adapter, record)
    for (const name of names) {
      const found = this.#byId.get(this.#byDialectId.get(name) ?? '')
      if (found !== undefined) return found
    }
    const code = record.achievement?.id ?? record.progress?.achievementId
    const byCode = this.#adapter.hasCodes && code !== undefined ? this.#byId.get(code) : undefined
    if (byCode !== undefined) return byCode
    const mapped = names.map((name) => targetOf(this.#mapping, name))
    const target = mapped.find((id) => id !== undefined)
    if (target === undefined) return undefined
    const achievement = this.#byId.get(target)
    if (achievement === undefined) throw achievementNotFound(this.#titleId, target)
    this.#checkMapped(achievement, record)
    return achievement
  }

  /** Two ids of one dialect mapped to one record would take it from each other with each import. */
  #checkMapped({ id, ids }: StoredAchievement, { achievement }: Canonical): void {
    const [ours, theirs] = [ids[this.#adapter.id], achievement?.ids[this.#adapter.id]]
    if (ours === undefined || theirs === undefined || ours === theirs) return
    const message = `the mapping sends ${theirs} to achievement ${id}, which is ${ours} in ${this.#adapter.id} already`
    const metadata = { titleId: this.#titleId, achievementId: id, dialect: this.#adapter.id, dialectId: ours }
    throw new LaurelError('already_exists', 'DIALECT_ID_TAKEN', message, { metadata })
  }

  /**
   * The code for a new record: the document's, or where another record has that, one made of it.
   * @throws LaurelError when other records have both.
   */
  freeIdFor({ id }: Achievement): string {
    const free = [id, `${this.#adapter.id}-${id}`].find((code) => !this.#byId.has(code))
    if (free === undefined) throw achievementExists(this.#titleId, `${this.#adapter.id}-${id}`)
    return free
  }

  /** The record as it was before the batch. */
  stored(id: string): StoredAchievement | undefined {
    return this.#stored.get(id)
  }

  /** Lets later entries of the same batch find this one. */
  remember(achievement: StoredAchievement): void {
    this.#byId.set(achievement.id, achievement)
    const theirs = achievement.ids[this.#adapter.id]
    if (theirs !== undefined) this.#byDialectId.set(theirs, achievement.id)
  }
}

function targetOf(mapping: Mapping, name: string): string | undefined {
  return Object.hasOwn(mapping, name) ? mapping[name] : undefined
}

/** What the document calls the achievement: its id in the dialect and its code. */
function namesOf(adapter: Adapter, { achievement, progress }: Canonical): readonly string[] {
  const names = [achievement?.ids[adapter.id], achievement?.id, progress?.achievementId]
  return [...new Set(names.filter((name) => name !== undefined))]
}
