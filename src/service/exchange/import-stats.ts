import type { Requirement, StoredAchievement } from '../../model/achievement.ts'
import { applyReport } from '../../model/apply-report.ts'
import {
  type PlayerTitleKey,
  type Progress,
  type ProgressKey,
  type Report,
  type ReportContext,
  valueAt,
} from '../../model/progress.ts'
import { compareQuantities } from '../../model/quantity.ts'
import type { Stat, StatValue } from '../../model/stat.ts'
import type { Queries } from '../../store/queries.ts'
import { statCodesOf } from '../achievements/write-definitions.ts'
import type { Attribution } from '../call.ts'
import { StatValues } from '../progress/writer/stat-values.ts'
import type { PlayerTitleChanges } from '../progress/writer/unit-of-work.ts'
import { follow } from '../progress/writer/write-stats.ts'
import { checkValue, type Movement, NO_UPDATES } from '../stats/stat-updates.ts'

interface PlayerAchievement {
  readonly playerId: string
  readonly titleId: string
  readonly achievement: StoredAchievement | undefined
}

interface TitleStats {
  readonly stats: ReadonlyMap<string, Stat>
  /** The achievements that follow each of the stats, by its code, without community goals. */
  readonly followers: ReadonlyMap<string, readonly StoredAchievement[]>
}

/**
 * The stats that an import changes. Where imported progress changes a requirement that follows a stat, the stat is set to
 * the same value in the same transaction. Contributions to community goals are unchanged, because the imported progress
 * happened on another platform.
 */
export class ImportedStats {
  readonly #titles: ReadonlyMap<string, TitleStats>
  readonly #queries: Queries
  #values = new StatValues([])

  private constructor(queries: Queries, titles: ReadonlyMap<string, TitleStats>) {
    this.#queries = queries
    this.#titles = titles
  }

  /** Locks the stats and the achievements that follow them, before any player's row is locked. */
  static async lock(queries: Queries, players: readonly PlayerAchievement[]): Promise<ImportedStats> {
    const codes = new Map<string, Set<string>>()
    for (const { titleId, achievement } of players) {
      for (const { statCode } of achievement?.requirements ?? []) {
        if (statCode === undefined) continue
        codes.set(titleId, (codes.get(titleId) ?? new Set()).add(statCode))
      }
    }
    const titles = new Map<string, TitleStats>()
    for (const [titleId, codesOfTitle] of [...codes].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const stats = await queries.stats.lockShared(titleId, [...codesOfTitle])
      const followers = await queries.achievements.lockSharedByStats(titleId, [...codesOfTitle])
      titles.set(titleId, {
        stats: new Map(stats.map((stat) => [stat.code, stat])),
        followers: followersByCode(followers.filter(({ participation }) => participation !== 'community')),
      })
    }
    return new ImportedStats(queries, titles)
  }

  /** Returns the keys of all progress that the stats may change. */
  keysOf(players: readonly PlayerAchievement[]): readonly ProgressKey[] {
    return players.flatMap(({ playerId, titleId, achievement }) =>
      this.#followersOf(titleId, achievement === undefined ? [] : statCodesOf([achievement])).map(
        ({ id }) => ({ playerId, titleId, achievementId: id }),
      ),
    )
  }

  /** Returns the achievements that follow one of the stats. */
  #followersOf(titleId: string, codes: Iterable<string>): readonly StoredAchievement[] {
    const followers = this.#titles.get(titleId)?.followers
    return [...new Set([...codes].flatMap((code) => followers?.get(code) ?? []))]
  }

  /** Loads the players' values. Their rows must be locked. */
  async load(players: readonly PlayerAchievement[]): Promise<void> {
    const codes = [...this.#titles.values()].flatMap(({ stats }) => [...stats.keys()])
    if (codes.length > 0) this.#values = new StatValues(await this.#queries.stats.findValues(players, codes))
  }

  /**
   * Returns the changes of stats by a report, by code.
   * @throws LaurelError for a value that the stat does not allow.
   */
  movementsOf(
    key: ProgressKey,
    achievement: StoredAchievement,
    progress: Progress,
    report: Report,
    context: ReportContext,
  ): ReadonlyMap<string, Movement> {
    if (!followsStat(achievement)) return new Map()
    const outcome = applyReport(achievement, progress, report, context)
    return outcome.kind === 'rejected'
      ? new Map()
      : this.movementsTo(key, achievement, progress, outcome.progress)
  }

  /** As `movementsOf`, for progress that a report has changed. */
  movementsTo(
    key: ProgressKey,
    achievement: StoredAchievement,
    progress: Progress,
    next: Progress,
  ): ReadonlyMap<string, Movement> {
    const movements = new Map<string, Movement>()
    const current = this.#values.of(key)
    for (const requirement of achievement.requirements) {
      const stat = this.#titles.get(key.titleId)?.stats.get(requirement.statCode ?? '')
      const value = changedValue(requirement, progress, next)
      if (stat === undefined || value === undefined) continue
      const before = movements.get(stat.code)?.after ?? current.get(stat.code)?.value
      const after = furthest(requirement, stat, before, value)
      if (after === before) continue
      checkValue(stat, before ?? stat.defaultValue, after, `requirements[${requirement.id}]`)
      // A document does not tell when the stat moved, so no window counts it.
      movements.set(stat.code, { before: before ?? stat.defaultValue, after, updates: NO_UPDATES })
    }
    return movements
  }

  /** Sets the values, and updates the other achievements that follow the stats. */
  apply(
    changes: PlayerTitleChanges,
    { playerId, titleId, achievementId }: ProgressKey,
    movements: ReadonlyMap<string, Movement>,
    context: ReportContext,
    attribution: Attribution,
  ): void {
    if (movements.size === 0) return
    this.#values.set({ playerId, titleId }, movements, context.time)
    for (const follower of this.#followersOf(titleId, movements.keys())) {
      // The document's own progress on this achievement has been applied already.
      if (follower.id === achievementId) continue
      follow(changes, { playerId, titleId }, follower, movements, context, attribution)
    }
  }

  /** The new values of players. */
  get changed(): readonly (StatValue & PlayerTitleKey)[] {
    return this.#values.changed
  }

  async flush(): Promise<void> {
    if (this.changed.length > 0) await this.#queries.stats.upsertValues(this.changed)
  }
}

function followersByCode(
  followers: readonly StoredAchievement[],
): ReadonlyMap<string, readonly StoredAchievement[]> {
  const byCode = new Map<string, StoredAchievement[]>()
  for (const follower of followers)
    for (const code of statCodesOf([follower])) {
      const others = byCode.get(code)
      if (others === undefined) byCode.set(code, [follower])
      else others.push(follower)
    }
  return byCode
}

function followsStat(achievement: StoredAchievement | undefined): achievement is StoredAchievement {
  return achievement?.requirements.some(({ statCode }) => statCode !== undefined) === true
}

/** Returns the new value of a requirement if the report changed it. */
function changedValue({ id, statCode }: Requirement, before: Progress, after: Progress): number | undefined {
  if (statCode === undefined) return undefined
  const [old, next] = [valueAt(before.values, id), valueAt(after.values, id)]
  if (next === undefined || (old !== undefined && compareQuantities(old, next) === 0)) return undefined
  return Number(next)
}

/** An import never moves a stat back. */
function furthest({ operator }: Requirement, stat: Stat, current: number | undefined, value: number): number {
  if (operator === 'at_least') return Math.max(current ?? stat.defaultValue, value)
  return current === undefined ? value : Math.min(current, value)
}
