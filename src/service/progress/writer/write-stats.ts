import type { StoredAchievement } from '../../../model/achievement.ts'
import type { Instant } from '../../../model/instant.ts'
import { pack } from '../../../model/packed.ts'
import type { PlayerTitleKey, ProgressResult, ReportContext } from '../../../model/progress.ts'
import type { Stat } from '../../../model/stat.ts'
import type { Step } from '../../../store/pipeline.ts'
import type { Queries } from '../../../store/queries.ts'
import { type Attribution, attributionOf, type Call } from '../../call.ts'
import { IdempotencyStore, requestDigest, unpackResult } from '../../idempotency.ts'
import { titleNotFound } from '../../require.ts'
import { recordContributions } from '../../stats/record-contributions.ts'
import { checkStats, type Movement, movementsOf, writerOf } from '../../stats/stat-updates.ts'
import { resultFor } from '../hidden-result.ts'
import { addReport, asOutcome, contextOf } from './apply-reports.ts'
import type {
  RecordStats,
  RecordStatsResult,
  StatsEntry,
  StatsOutcome,
  TimeBounds,
  WriterParts,
} from './contract.ts'
import { StatValues } from './stat-values.ts'
import { type PlayerTitleChanges, UnitOfWork } from './unit-of-work.ts'
import { writeBatch } from './write-batch.ts'

/** Records stats under lock, in one transaction. Each statement reads or writes rows of all entries. */
export function writeStats(
  parts: WriterParts,
  entries: readonly StatsEntry[],
  signal: AbortSignal,
): Promise<readonly StatsOutcome[]> {
  return writeBatch(parts.store, entries, signal, (batch) => ({
    open: (queries) =>
      lockTitles(
        queries,
        batch.map(({ request }) => request),
      ),
    apply: (queries, titles) => applyBatch(parts, queries, titles, batch),
  }))
}

/** The state that a transaction locked and read. */
interface LockedState {
  readonly now: Instant
  readonly timeBounds: TimeBounds
  readonly titles: ReadonlyMap<string, LockedTitle>
  readonly unitOfWork: UnitOfWork
  readonly idempotency: IdempotencyStore
  readonly values: StatValues
}

interface LockedTitle {
  readonly exists: boolean
  readonly stats: ReadonlyMap<string, Stat>
  readonly followers: readonly StoredAchievement[]
}

async function applyBatch(
  { now: clock, timeBounds }: WriterParts,
  queries: Queries,
  titles: LockedState['titles'],
  entries: readonly StatsEntry[],
): Promise<{ readonly result: readonly StatsOutcome[]; readonly last: readonly Step[] }> {
  const now = clock()
  const readyEntries = entries.filter(({ request: { titleId } }) => titles.get(titleId)?.exists === true)
  const ready = readyEntries.map(({ request }) => request)
  const keys = ready.flatMap((request) => [
    ...followersOf(titles, request).map(({ id }) => ({ ...keyOf(request), achievementId: id })),
    // Locks the player's title even if no achievement follows the stats.
    { ...keyOf(request), achievementId: '' },
  ])
  const codes = [...new Set(ready.flatMap(codesOf))]
  const [unitOfWork, [idempotency, values]] = await UnitOfWork.openAndRead(queries, now, keys, () =>
    queries.together([
      () => IdempotencyStore.load(queries, readyEntries),
      () => StatValues.load(queries, ready, codes),
    ]),
  )
  // Last, because all players of a title wait for these locks.
  await lockCommunityGoals(queries, titles)
  const state = { now, timeBounds, titles, unitOfWork, idempotency, values }
  const outcomes: StatsOutcome[] = []
  for (const entry of entries) outcomes.push(await recordEntry(queries, state, entry).catch(asOutcome))
  const last = [
    ...(values.changed.length > 0 ? [() => queries.stats.upsertValues(values.changed)] : []),
    ...(await unitOfWork.writes(queries)),
    ...idempotency.writes(queries, now),
  ]
  return { result: outcomes, last }
}

/** All checks come before the first change, so that a rejected entry leaves none. */
async function recordEntry(
  queries: Queries,
  state: LockedState,
  entry: StatsEntry,
): Promise<RecordStatsResult> {
  const { request, call } = entry
  const { titles, unitOfWork, idempotency, values } = state
  const { titleId, requestId } = request
  const title = titles.get(titleId)
  if (title?.exists !== true) throw titleNotFound(titleId)
  const digest = requestId === undefined ? '' : requestDigest('recordStats', request)
  const stored = idempotency.find(entry, digest)
  const followers = followersOf(titles, request)
  if (stored !== undefined)
    return resultsFor(call, followers, withOldMember(unpackResult<StoredResult>(stored)))
  checkStats(titleId, codesOf(request), title.stats, writerOf(request, call))
  const context = contextOf(state, request.occurredTime, call.actor)
  const movements = movementsOf(request, title.stats, values.of(request))
  const attribution = attributionOf(call, requestId)
  const changes = unitOfWork.of(request)
  const result = {
    values: values.set(request, movements, context.time),
    progressResults: followers
      .filter((achievement) => !isCommunity(achievement))
      .flatMap((achievement) => follow(changes, request, achievement, movements, context, attribution)),
    contributions: await recordContributions(queries, request, followers.filter(isCommunity), movements, {
      ...attribution,
      time: context.time,
    }),
  }
  idempotency.add(entry, digest, pack({ result }))
  return resultsFor(call, followers, result)
}

function resultsFor(
  call: Call,
  followers: readonly StoredAchievement[],
  result: RecordStatsResult,
): RecordStatsResult {
  const hidden = new Map(followers.map((achievement) => [achievement.id, achievement.hidden]))
  const progressResults = result.progressResults.map((each) =>
    resultFor(call, { hidden: hidden.get(each.achievementId) ?? true }, each),
  )
  return { ...result, progressResults }
}

/** Responses are stored for two days, and earlier versions stored `progressResults` under this name. */
const OLD_MEMBER = 'moved'

type StoredResult = RecordStatsResult & { readonly [OLD_MEMBER]?: readonly ProgressResult[] }

function withOldMember({ [OLD_MEMBER]: oldResults = [], ...result }: StoredResult): RecordStatsResult {
  return { ...result, progressResults: result.progressResults ?? oldResults }
}

/** Locks the named stats and the achievements that follow them, in order of title. */
async function lockTitles(
  queries: Queries,
  requests: readonly RecordStats[],
): Promise<ReadonlyMap<string, LockedTitle>> {
  const byTitle = [...Map.groupBy(requests, ({ titleId }) => titleId)].sort(([a], [b]) => (a < b ? -1 : 1))
  const titles = new Map<string, LockedTitle>()
  for (const [titleId, ofTitle] of byTitle) {
    const codes = [...new Set(ofTitle.flatMap(codesOf))]
    const stats = await queries.stats.lockShared(titleId, codes)
    const followers = stats.length === 0 ? [] : await queries.achievements.lockSharedByStats(titleId, codes)
    const exists = stats.length > 0 || (await queries.titles.find(titleId)) !== undefined
    titles.set(titleId, { exists, stats: new Map(stats.map((stat) => [stat.code, stat])), followers })
  }
  return titles
}

/** Locks in order of title and id, whatever the order of the entries, so that two transactions cannot deadlock. */
async function lockCommunityGoals(queries: Queries, titles: ReadonlyMap<string, LockedTitle>): Promise<void> {
  for (const [titleId, { followers }] of titles) {
    const ids = followers.filter(isCommunity).map(({ id }) => id)
    await queries.community.lock(titleId, ids)
  }
}

function isCommunity({ participation }: StoredAchievement): boolean {
  return participation === 'community'
}

function follows({ requirements }: StoredAchievement, codes: ReadonlySet<string>): boolean {
  return requirements.some(({ statCode }) => statCode !== undefined && codes.has(statCode))
}

function followersOf(
  titles: ReadonlyMap<string, LockedTitle>,
  request: RecordStats,
): readonly StoredAchievement[] {
  const codes = new Set(codesOf(request))
  const { followers = [] } = titles.get(request.titleId) ?? {}
  return followers.filter((achievement) => follows(achievement, codes))
}

/** Moves an achievement by the new values of the stats that it follows. Returns its progress if that changed. */
export function follow(
  changes: PlayerTitleChanges,
  key: PlayerTitleKey,
  achievement: StoredAchievement,
  movements: ReadonlyMap<string, Movement>,
  context: ReportContext,
  attribution: Attribution,
): readonly ProgressResult[] {
  const codes = new Set(achievement.requirements.map(({ statCode }) => statCode))
  const results = [...movements]
    .filter(([statCode]) => codes.has(statCode))
    .map(([statCode, { after, updates }]) => {
      const at = { ...keyOf(key), achievementId: achievement.id }
      const report = { kind: 'stat', statCode, quantity: after, inWindow: updates } as const
      return addReport(changes, at, achievement, report, context, attribution)
    })
  const [first, last] = [results[0], results.at(-1)]
  if (first === undefined || last === undefined || !results.some(({ changed }) => changed)) return []
  const newlyUnlocked = results.some((result) => result.newlyUnlocked)
  return [{ ...last, changed: true, newlyUnlocked, alreadyUnlocked: first.alreadyUnlocked }]
}

function codesOf({ updates }: RecordStats): readonly string[] {
  return [...new Set(updates.map(({ code }) => code))]
}

function keyOf({ playerId, titleId }: PlayerTitleKey): PlayerTitleKey {
  return { playerId, titleId }
}
