import type { StoredAchievement } from '../../model/achievement.ts'
import type { MappedRecord } from '../../model/migration-mapping.ts'
import type { Queries } from '../../store/queries.ts'

type Named = MappedRecord['achievement']

/** The definitions of a title that the records of a job name, by the names in the records. */
export class JobDefinitions {
  readonly #titleId: string
  /** By dialect, empty for Laurel's own ids, then by id. Undefined for an id without a definition. */
  readonly #byName = new Map<string, Map<string, StoredAchievement | undefined>>()

  constructor(titleId: string) {
    this.#titleId = titleId
  }

  find({ dialect = '', id }: Named): StoredAchievement | undefined {
    return this.#byName.get(dialect)?.get(id)
  }

  /** Loads the definitions that are not loaded yet. */
  async load(queries: Queries, names: Iterable<Named>): Promise<void> {
    const missing = new Map<string, Set<string>>()
    for (const { dialect = '', id } of names) {
      if (this.#ofDialect(dialect).has(id)) continue
      const ids = missing.get(dialect) ?? new Set()
      missing.set(dialect, ids.add(id))
    }
    for (const [dialect, ids] of missing) {
      const names = [...ids]
      const byDialectId =
        dialect === ''
          ? undefined
          : await queries.achievementIds.findAchievements(this.#titleId, dialect, names)
      const ownIds = names.map((name) => byDialectId?.get(name) ?? name)
      const found = await queries.achievements.listByIds(this.#titleId, [...new Set(ownIds)])
      const byId = new Map(found.map((achievement) => [achievement.id, achievement]))
      for (const [index, name] of names.entries())
        this.#ofDialect(dialect).set(name, byId.get(ownIds[index] as string))
    }
  }

  clear(): void {
    this.#byName.clear()
  }

  #ofDialect(dialect: string): Map<string, StoredAchievement | undefined> {
    const known = this.#byName.get(dialect)
    if (known !== undefined) return known
    const names = new Map<string, StoredAchievement | undefined>()
    this.#byName.set(dialect, names)
    return names
  }
}
