import type { StoredAchievement } from '../../model/achievement.ts'
import { formatInstant } from '../../model/instant.ts'
import type { MigrationConflict, MigrationJob } from '../../model/migration-job.ts'
import { NOT_STARTED, type Progress, type ReportContext } from '../../model/progress.ts'
import type { StagedKey } from '../../store/migration-jobs/migration-parts.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { ImportedStats } from '../exchange/import-stats.ts'
import { attempt } from '../progress/writer/apply-reports.ts'
import { UnitOfWork } from '../progress/writer/unit-of-work.ts'
import { type MergedProgress, mergeExisting } from './merge-existing.ts'
import type { PreparedRow } from './prepare-row.ts'
import { stageRows } from './stage-rows.ts'

export interface PartRows {
  readonly rows: readonly PreparedRow[]
  /** By the row. */
  readonly achievements: readonly StoredAchievement[]
}

export interface PartResult {
  readonly newCount: number
  readonly changedCount: number
  readonly unchangedCount: number
  readonly conflicts: readonly MigrationConflict[]
  readonly conflictCount: number
  /** By the index of the row. */
  readonly refusals: ReadonlyMap<number, string>
}

/** The events of rows that are written alone: `silent` ones are not sent to destinations. */
type PartEvents = 'none' | 'silent' | 'delivered'

function eventsOf({ deliveriesPerSecond }: MigrationJob): PartEvents {
  return deliveriesPerSecond > 0 ? 'delivered' : 'none'
}

/** Thrown to run the transaction again with newer definitions. */
export class DefinitionsChanged extends Error {}

/** Bounds the list of a part; the counts have all. */
const MAX_PART_CONFLICTS = 1_000

/**
 * Merges rows into the players' progress, in the running transaction, which has locked the job. Rows of players without progress are
 * written by one statement each; a row whose progress exists is combined with it by the rules of reports.
 * @throws DefinitionsChanged if a row was prepared for an earlier definition
 */
export async function writePart(
  queries: Queries,
  job: MigrationJob,
  { rows, achievements }: PartRows,
  context: ReportContext,
  call: Pick<Call, 'actor'>,
  events: PartEvents = eventsOf(job),
): Promise<PartResult> {
  const { titleId } = job
  const parts = queries.migrationParts
  const refusals = new Map<number, string>()
  const used = new Map(achievements.map((achievement) => [achievement.id, achievement]))
  await checkDefinitions(queries, titleId, used)
  const alone = rows.flatMap(({ isAlone }, index) =>
    isAlone ? [achievements[index] as StoredAchievement] : [],
  )
  const stats = await ImportedStats.lock(
    queries,
    [...new Set(alone)].map((achievement) => ({ playerId: '', titleId, achievement })),
  )
  const version = await parts.insert(job, context.time)
  const { newAccounts, unknown, mergedCount } = await stageRows(queries, job, rows)
  for (const ordinal of unknown)
    refusals.set(ordinal, 'player: must be in the identity map of the job: add it, and feed the record again')
  const players = await parts.listPlayers()
  const { removed, inserted } = await queries.playerTitles.lock(
    players.map((playerId) => ({ playerId, titleId })),
    context.time,
  )
  if (removed.size > 0)
    for (const { ordinal, playerId } of await parts.removeOfPlayers([...removed.keys()]))
      refusals.set(ordinal, `player ${playerId}: was deleted here: nothing of it is imported`)
  for (const [playerId, account] of newAccounts)
    if (!removed.has(playerId)) await queries.accounts.insert(account, playerId)
  const existing = await parts.removeExisting(
    titleId,
    players.filter((playerId) => !inserted.has(playerId)),
  )
  let unchangedCount = existing.filter(({ isSame }) => isSame).length
  const isNamed = mergedCount === 0 && rows.every(({ player }) => player.kind === 'player')
  const single = [
    ...existing.filter(({ isSame }) => !isSame),
    ...(rows.some(({ isAlone }) => isAlone) ? await parts.removeAlone() : []),
    ...(isNamed ? [] : await parts.removeRepeated()),
  ].sort((left, right) => left.ordinal - right.ordinal)
  const newCount = await parts.insertStaged(titleId, version)
  const unlocks = new Map(await parts.countUnlocks())
  const merged = await mergeSingle(
    queries,
    job,
    single,
    { rows, achievements },
    stats,
    context,
    call,
    version,
    events,
  )
  for (const [achievementId, change] of merged.unlocks)
    unlocks.set(achievementId, (unlocks.get(achievementId) ?? 0) + change)
  for (const [index, reason] of merged.refusals) refusals.set(index, reason)
  unchangedCount += merged.unchangedCount
  await queries.unlockTotals.add(titleId, unlocks)
  return { ...merged, newCount: newCount + merged.newCount, unchangedCount, refusals }
}

/** @throws DefinitionsChanged */
async function checkDefinitions(
  queries: Queries,
  titleId: string,
  used: ReadonlyMap<string, StoredAchievement>,
): Promise<void> {
  const etags = await queries.migrationParts.lockDefinitions(titleId, [...used.keys()])
  for (const [id, { etag }] of used) if (etags.get(id) !== etag) throw new DefinitionsChanged()
}

function lostTime({ futureTime }: PreparedRow, { unlockTime }: Progress): MergedProgress['conflict'] {
  if (futureTime === undefined) return undefined
  const ours = unlockTime === undefined ? 'unknown' : formatInstant(unlockTime)
  return { kind: 'future_time', theirs: formatInstant(futureTime), ours }
}

/** Writes rows one by one in memory, and together into the database: without events, unless the job sends its changes to destinations. */
async function mergeSingle(
  queries: Queries,
  job: MigrationJob,
  single: readonly StagedKey[],
  { rows, achievements }: PartRows,
  stats: ImportedStats,
  context: ReportContext,
  call: Pick<Call, 'actor'>,
  version: bigint,
  events: PartEvents,
) {
  const { titleId } = job
  const refusals = new Map<number, string>()
  const conflicts: MigrationConflict[] = []
  const unlocks = new Map<string, number>()
  const counts = { newCount: 0, changedCount: 0, unchangedCount: 0, conflictCount: 0 }
  if (single.length === 0) return { ...counts, refusals, conflicts, unlocks }
  const entries = single.map(({ ordinal, playerId }) => {
    const achievement = achievements[ordinal] as StoredAchievement
    const row = rows[ordinal] as PreparedRow
    return { ordinal, row, achievement, key: { playerId, titleId, achievementId: achievement.id } }
  })
  const players = entries.map(({ achievement, key }) => ({ ...key, achievement }))
  const unitOfWork = await UnitOfWork.open(queries, context.time, [
    ...entries.map(({ key }) => key),
    ...stats.keysOf(players),
  ])
  await stats.load(players)
  const attribution = { actor: call.actor, requestId: undefined }
  for (const { ordinal, row, achievement, key } of entries) {
    const result = attempt(() => {
      const changes = unitOfWork.of(key)
      const before = changes.progressOf(key.achievementId)
      const { progress, isChanged, conflict } = mergeExisting(achievement, before, row.progress)
      const movements = isChanged ? stats.movementsTo(key, achievement, before, progress) : new Map()
      for (const each of [conflict, lostTime(row, progress)]) {
        if (each === undefined) continue
        counts.conflictCount += 1
        if (conflicts.length < MAX_PART_CONFLICTS)
          conflicts.push({ playerId: key.playerId, achievementId: key.achievementId, ...each })
      }
      if (!isChanged) return 'unchangedCount'
      const isUnlock = progress.state === 'achieved' && before.state !== 'achieved'
      changes.change(achievement, progress, {
        kind: isUnlock ? 'unlocked' : 'progressed',
        time: context.time,
        actor: call.actor,
        reason: `migration job ${job.jobId}`,
        requestId: '',
        silent: events === 'silent',
      })
      stats.apply(changes, key, movements, context, attribution)
      return before === NOT_STARTED ? 'newCount' : 'changedCount'
    })
    if (result instanceof Error) refusals.set(ordinal, result.message)
    else counts[result] += 1
  }
  const changed = unitOfWork.changedKeys
  await queries.migrationParts.storeFormer(job, changed)
  if (stats.changed.length > 0) await queries.migrationParts.storeFormerStats(job, stats.changed)
  await stats.flush()
  // Events are counted by the counter of unlocks.
  if (events !== 'none') await unitOfWork.flush(queries)
  else
    for (const { achievementId, unlockChange } of await unitOfWork.flushSilently(queries))
      if (unlockChange !== 0) unlocks.set(achievementId, (unlocks.get(achievementId) ?? 0) + unlockChange)
  await queries.migrationParts.setVersion(version, changed)
  return { ...counts, refusals, conflicts, unlocks }
}
