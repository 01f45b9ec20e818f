import type { Adapter, Canonical } from '../../dialect/adapter.ts'
import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Queries } from '../../store/queries.ts'
import { achievementExists } from '../achievements/create-achievement.ts'
import { achievementNotFound } from '../require.ts'

/** Maps a dialect's id, or a document's code, to an achievement id. */
export type Mapping = Readonly<Record<string, string>>

/** Matches an entry with an achievement by its id in the dialect, else by its code, else by the caller's mapping. */
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
    stored: readonly StoredAchievement[],
  ) {
    this.#stored = new Map(stored.map((achievement) => [achievement.id, achievement]))
    this.#adapter = adapter
    this.#mapping = mapping
    this.#titleId = titleId
    this.#byDialectId = new Map(byDialectId)
    this.#byId = new Map(this.#stored)
  }

  /** Loads all achievements that a batch of records may match, and locks them unless they are only listed. */
  static async load(
    adapter: Adapter,
    queries: Queries,
    titleId: string,
    records: readonly Canonical[],
    mapping: Mapping,
    read: 'lock' | 'lockShared' | 'listByIds',
  ): Promise<Matcher> {
    const names = [...new Set(records.flatMap((record) => namesOf(adapter, record)))]
    const byDialectId = await queries.achievementIds.findAchievements(titleId, adapter.id, names)
    const mapped = names.map((name) => targetOf(mapping, name)).filter((id) => id !== undefined)
    const codes = records.flatMap(codesOf)
    const prefixed = records.flatMap(({ achievement }) =>
      achievement ? [prefixedCode(adapter, achievement)] : [],
    )
    const ids = new Set([...byDialectId.values(), ...codes, ...mapped, ...prefixed])
    const stored = await queries.achievements[read](titleId, [...ids])
    return new Matcher(adapter, mapping, titleId, byDialectId, stored)
  }

  /** @throws LaurelError when the mapping names an achievement that does not exist. */
  find(record: Canonical): StoredAchievement | undefined {
    const names = namesOf(this.#adapter, record)
    for (const name of names) {
      const found = this.#byId.get(this.#byDialectId.get(name) ?? '')
      if (found !== undefined) return found
    }
    const [code] = codesOf(record)
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

  /** If two ids of one dialect were mapped to one record, each import would overwrite the id of the other. */
  #checkMapped({ id, ids }: StoredAchievement, { achievement }: Canonical): void {
    const [ours, theirs] = [ids[this.#adapter.id], achievement?.ids[this.#adapter.id]]
    if (ours === undefined || theirs === undefined || ours === theirs) return
    const message = `the mapping sends ${theirs} to achievement ${id}, which already has the id ${ours} in ${this.#adapter.id}`
    const metadata = { titleId: this.#titleId, achievementId: id, dialect: this.#adapter.id, dialectId: ours }
    throw new LaurelError('already_exists', 'DIALECT_ID_TAKEN', message, { metadata })
  }

  /**
   * Returns the code for a new record: the document's, or if that is taken, the same with the dialect as a prefix.
   * @throws LaurelError if both are taken.
   */
  freeIdFor(achievement: Achievement): string {
    const prefixed = prefixedCode(this.#adapter, achievement)
    const free = [achievement.id, prefixed].find((code) => !this.#byId.has(code))
    if (free === undefined) throw achievementExists(this.#titleId, prefixed)
    return free
  }

  /** Returns the record from before the batch. */
  stored(id: string): StoredAchievement | undefined {
    return this.#stored.get(id)
  }

  /** Adds or replaces a record that later entries of the batch can match. */
  set(achievement: StoredAchievement): void {
    this.#byId.set(achievement.id, achievement)
    const theirs = achievement.ids[this.#adapter.id]
    if (theirs !== undefined) this.#byDialectId.set(theirs, achievement.id)
  }
}

function targetOf(mapping: Mapping, name: string): string | undefined {
  return Object.hasOwn(mapping, name) ? mapping[name] : undefined
}

/** Returns the entry's names for the achievement: its id in the dialect and its codes. */
function namesOf(adapter: Adapter, record: Canonical): readonly string[] {
  const id = record.achievement?.ids[adapter.id]
  return [...new Set([...(id === undefined ? [] : [id]), ...codesOf(record)])]
}

function codesOf({ achievement, progress }: Canonical): readonly string[] {
  return [achievement?.id, progress?.achievementId].filter((code) => code !== undefined)
}

/** Returns the code of a new record whose own code is taken. */
function prefixedCode(adapter: Adapter, { id }: Achievement): string {
  return `${adapter.id}-${id}`
}

/** The ids of achievements by their normalized name. */
export type NameIndex = ReadonlyMap<string, readonly string[]>

/** Indexes the names of a title's achievements, given by id. Achievements without a name are left out. */
export function indexNames(names: ReadonlyMap<string, string>): NameIndex {
  const index = new Map<string, string[]>()
  for (const [id, name] of names) {
    const normalized = normalize(name)
    if (normalized === '') continue
    const ids = index.get(normalized)
    if (ids === undefined) index.set(normalized, [id])
    else ids.push(id)
  }
  return index
}

/**
 * Returns the ids of achievements whose name differs at most in case, width and white space. They are suggestions to the
 * caller and never matched.
 */
export function possibleDuplicatesOf(name: string, index: NameIndex): readonly string[] {
  return index.get(normalize(name)) ?? []
}

function normalize(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}
