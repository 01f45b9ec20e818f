import { isDeepStrictEqual } from 'node:util'
import type { StoredAchievement } from '../../model/achievement.ts'
import { combineProgress } from '../../model/combine-progress.ts'
import { isInsideWindow } from '../../model/current-progress.ts'
import { LaurelError } from '../../model/errors.ts'
import type { EventKind } from '../../model/event.ts'
import type { Instant } from '../../model/instant.ts'
import type { Progress } from '../../model/progress.ts'
import type { Stat } from '../../model/stat.ts'
import type { PlayerTitle } from '../../store/progress/player-titles.ts'
import type { Queries } from '../../store/queries.ts'
import { addReport } from '../progress/writer/apply-reports.ts'
import { StatValues } from '../progress/writer/stat-values.ts'
import { type Change, UnitOfWork } from '../progress/writer/unit-of-work.ts'
import { mergeRefused } from '../require.ts'
import { checkValue, type Movement, NO_UPDATES } from '../stats/stat-updates.ts'

interface MergedTitle {
  readonly achievements: readonly StoredAchievement[]
  readonly stats: readonly Stat[]
}

interface TitleMerge extends MergedTitle {
  readonly absorbedId: string
  readonly playerId: string
  readonly titleId: string
}

/** Locks all definitions of a title against changes. */
export async function lockMergedTitle(queries: Queries, titleId: string): Promise<MergedTitle> {
  const stats = await queries.stats.lockShared(titleId, 'all')
  return { stats, achievements: await queries.achievements.lockShared(titleId, 'all') }
}

/** Merges the records of both players in a title. An achievement that only both together completed unlocks now. */
export async function mergePlayerTitle(
  queries: Queries,
  { absorbedId, playerId, titleId, achievements, stats }: TitleMerge,
  now: Instant,
  attribution: Pick<Change, 'actor' | 'reason' | 'requestId'>,
): Promise<void> {
  const [key, absorbed] = [
    { playerId, titleId },
    { playerId: absorbedId, titleId },
  ]
  const unitOfWork = await UnitOfWork.openOne(queries, now, key)
  const changes = unitOfWork.of(key)
  const { extensions } = (await queries.playerTitles.find(absorbed)) as PlayerTitle
  if (Object.keys(extensions).length > 0)
    changes.annotate({ ...extensions, ...changes.playerTitle.extensions })

  const codes = stats.map(({ code }) => code)
  const values = await StatValues.load(queries, [key, absorbed], codes)
  values.set(
    key,
    movementsOf(stats, achievements, values.quantitiesOf(key), values.quantitiesOf(absorbed)),
    now,
  )
  if (values.changed.length > 0) await queries.stats.upsertValues(values.changed)

  const records = await queries.progress.lockOfPlayerTitle(absorbed)
  const theirs = new Map(records.map(({ achievementId, progress }) => [achievementId, progress]))
  const quantities = values.quantitiesOf(key)
  const summedStats = new Set(stats.filter(({ incrementOnly }) => incrementOnly).map(({ code }) => code))
  for (const achievement of achievements) {
    const second = theirs.get(achievement.id)
    const first = changes.progressOf(achievement.id)
    if (second !== undefined) {
      const combined = combineProgress(achievement, first, second, summedStats)
      if (!isSame(first, combined))
        changes.change(
          achievement,
          { ...combined, writer: attribution.actor },
          { kind: kindOf(first, combined), time: now, ...attribution },
        )
    }
    const isChanged =
      second !== undefined || achievement.requirements.some(({ statCode }) => statCode !== undefined)
    if (!isChanged || achievement.participation === 'community' || !isInsideWindow(achievement, now)) continue
    const context = { time: now, precision: 'exact', actor: attribution.actor } as const
    const report = { kind: 'definition', stats: quantities } as const
    addReport(changes, { ...key, achievementId: achievement.id }, achievement, report, context, attribution)
  }
  await unitOfWork.flush(queries)
}

/** The times of reports alone are no change. */
function isSame(before: Progress, after: Progress): boolean {
  const { firstReportTime, lastReportTime } = before
  return isDeepStrictEqual(before, { ...after, firstReportTime, lastReportTime })
}

function kindOf(before: Progress, after: Progress): EventKind {
  if (after.revoked && !before.revoked) return 'revoked'
  return after.state === 'achieved' && before.state !== 'achieved' ? 'unlocked' : 'progressed'
}

type Quantities = ReturnType<StatValues['quantitiesOf']>

/**
 * Returns the changes of the surviving player's stats. Of an increment-only stat both players' rises add up; of another the
 * better value stays: the lower if achievements want it to fall, else the higher.
 * @throws LaurelError MERGE_REFUSED if achievements want it to rise and to fall, or the sum is above the maximum.
 */
function movementsOf(
  stats: readonly Stat[],
  achievements: readonly StoredAchievement[],
  ours: Quantities,
  theirs: Quantities,
): ReadonlyMap<string, Movement> {
  const requirements = achievements.flatMap((achievement) => achievement.requirements)
  const movements = new Map<string, Movement>()
  for (const stat of stats) {
    const { code, defaultValue } = stat
    const second = Object.hasOwn(theirs, code) ? Number(theirs[code]) : undefined
    const first = Object.hasOwn(ours, code) ? Number(ours[code]) : undefined
    if (second === undefined || (second === first && !stat.incrementOnly)) continue
    const operators = new Set(
      requirements.flatMap(({ statCode, operator }) => (statCode === code ? operator : [])),
    )
    if (first !== undefined && !stat.incrementOnly && operators.size > 1)
      throw refused(stat, 'achievements want it to rise and to fall')
    const choose = operators.has('at_most') ? Math.min : Math.max
    const after = stat.incrementOnly
      ? (first ?? defaultValue) + (second - defaultValue)
      : choose(first ?? second, second)
    if (after === first) continue
    checkSum(stat, first ?? defaultValue, after)
    movements.set(code, { before: first ?? defaultValue, after, updates: NO_UPDATES })
  }
  return movements
}

function checkSum(stat: Stat, before: number, after: number): void {
  try {
    checkValue(stat, before, after, `stat ${stat.code}`)
  } catch (error) {
    if (error instanceof LaurelError) throw refused(stat, error.message)
    throw error
  }
}

function refused({ titleId, code }: Stat, reason: string): LaurelError {
  return mergeRefused(`stat ${code} of title ${titleId}: ${reason}`, { titleId, statCode: code })
}
