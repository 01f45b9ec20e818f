import { type Achievement, type StoredAchievement, scoreOf } from '../../model/achievement.ts'
import { windowOf } from '../../model/current-progress.ts'
import type { Instant } from '../../model/instant.ts'
import { type JsonValue, sameJson } from '../../model/json.ts'
import type { AchievementWrite } from '../../store/achievements/achievements.ts'
import type { Queries } from '../../store/queries.ts'
import type { Attribution } from '../call.ts'

export interface DefinitionWrite {
  /** Undefined for a new achievement. */
  readonly before: StoredAchievement | undefined
  readonly after: AchievementWrite
}

export interface DefinitionChange extends Attribution {
  readonly time: Instant
  /** Whether the events of the back-fill are kept from destinations. Absent: they are not. */
  readonly silentBackfill?: boolean | undefined
}

/**
 * Writes definitions of a title, each with a revision and an event. A missing stat that one follows is created; a change of the gamerscore
 * changes the totals of the players who have it; a change of the requirements starts a back-fill. The achievements, or
 * the title, must be locked.
 */
export async function writeDefinitions(
  queries: Queries,
  titleId: string,
  writes: readonly DefinitionWrite[],
  change: DefinitionChange,
): Promise<void> {
  const { time, actor, requestId = '', silentBackfill: silent = false } = change
  const achievements = writes.map(({ after }) => after)
  const followed = statCodesOf(achievements)
  await queries.stats.insertMissing(titleId, followed, time)
  // Updates of these stats that did not see the new followers are committed before the back-fill looks at their values.
  const known = new Set(statCodesOf(writes.flatMap(({ before }) => before ?? [])))
  await queries.stats.lockExclusive(
    titleId,
    followed.filter((code) => !known.has(code)),
  )
  await queries.achievements.upsert(titleId, achievements)
  const ids = achievements.map(({ id }) => id)
  await queries.achievementRevisions.insert(titleId, ids, change)
  const replaced = writes.filter(({ before }) => before !== undefined).map(({ after }) => after.id)
  await queries.achievementRevisions.deleteOldest(titleId, replaced)
  await queries.events.insertDefinitionEvents(titleId, ids, change)
  for (const { before, after } of writes) {
    if (before === undefined) continue
    const difference = scoreOf(after) - scoreOf(before)
    // Also while it is individual: it may become a community achievement again.
    const start = windowOf(after)?.start
    const isNewWindow = start !== undefined && windowOf(before)?.start !== start
    if (difference === 0n && !isNewWindow) continue
    await queries.playerTitles.lockByAchievement(titleId, after.id)
    if (difference !== 0n) await queries.playerTitles.adjustScores(titleId, after.id, difference)
    if (isNewWindow) await queries.progress.resetCounts(titleId, after.id)
    // Contributions of an unlocked achievement stay, with the rewards that can be claimed for them.
    if (isNewWindow && !(await isUnlockedByAll(queries, titleId, after.id)))
      await queries.community.deleteContributions(titleId, after.id, { time, actor, requestId, reason: '' })
  }
  await queries.backfills.start(
    titleId,
    writes.filter(needsBackfill).map(({ before, after }) => ({
      achievementId: after.id,
      resetRequirements: requirementsOfOtherStats(before, after),
      silent,
      actor,
      requestId,
      createTime: time,
    })),
  )
}

/** Returns the requirements that follow another stat than before: their values are of the old one. */
export function requirementsOfOtherStats(
  before: Pick<Achievement, 'requirements'> | undefined,
  after: Pick<Achievement, 'requirements'>,
): readonly string[] {
  const old = new Map(before?.requirements.map(({ id, statCode }) => [id, statCode]))
  return after.requirements
    .filter(({ id, statCode }) => statCode !== undefined && old.has(id) && old.get(id) !== statCode)
    .map(({ id }) => id)
}

/**
 * Returns whether a write can unlock the achievement, or move its progress, for existing players. A draft or
 * retired achievement unlocks for none of them, but loses the values of stats that it no longer follows.
 */
export function needsBackfill({ before, after }: DefinitionWrite): boolean {
  if (after.requirements.length === 0) return false
  if (after.lifecycle !== 'live') return requirementsOfOtherStats(before, after).length > 0
  if (before === undefined) return windowOf(after) === undefined && statCodesOf([after]).length > 0
  return !sameJson(goalOf(before), goalOf(after))
}

function goalOf({ requirements, kind, window, participation, lifecycle }: Achievement): JsonValue {
  const start = windowOf({ kind, window })?.start
  return { requirements, start, participation, isLive: lifecycle === 'live' } as unknown as JsonValue
}

async function isUnlockedByAll(queries: Queries, titleId: string, achievementId: string): Promise<boolean> {
  const shared = await queries.community.list(titleId)
  return shared.some((each) => each.achievementId === achievementId && each.unlockTime !== undefined)
}

export function statCodesOf(achievements: readonly Pick<Achievement, 'requirements'>[]): readonly string[] {
  const codes = achievements.flatMap(({ requirements }) => requirements.map(({ statCode }) => statCode))
  return [...new Set(codes.filter((code) => code !== undefined))]
}
