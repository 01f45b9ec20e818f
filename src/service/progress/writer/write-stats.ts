import type { StoredAchievement } from '../../../model/achievement.ts'
import type { LaurelError } from '../../../model/errors.ts'
import type { Instant } from '../../../model/instant.ts'
import { pack, unpack } from '../../../model/packed.ts'
import type { ReportContext } from '../../../model/progress.ts'
import type { Stat, StatValue } from '../../../model/stat.ts'
import type { PlayerTitleKey } from '../../../store/progress/player-titles.ts'
import type { Queries } from '../../../store/queries.ts'
import { requestDigest } from '../../idempotency.ts'
import { IdempotencyStore } from '../../idempotency-store.ts'
import { titleNotFound } from '../../require.ts'
import type { Call, Services } from '../../services.ts'
import { recordContributions } from '../../stats/record-contributions.ts'
import type { RecordStats, RecordStatsResult } from '../../stats/record-stats.ts'
import { checkStats, type Movement, movementsOf, writerOf } from '../../stats/stat-updates.ts'
import { attributionOf, type ProgressResult, report, whenOf } from './apply-report.ts'
import { asOutcome } from './apply-reports.ts'
import type { PlayerTitleChanges } from './player-title-changes.ts'
import { playerTitleKey, UnitOfWork } from './unit-of-work.ts'
import { writeBatch } from './write-batch.ts'

/** One player's updates, and who makes them. */
export interface StatsEntry {
  readonly request: RecordStats
  readonly by: Call
}

export type StatsOutcome = RecordStatsResult | LaurelError

/** Records stats under lock, in one transaction: what is read and written is read and written for all at once. */
export function writeStats(
  services: Services,
  entries: readonly StatsEntry[],
  signal: AbortSignal,
): Promise<readonly StatsOutcome[]> {
  return writeBatch(services, entries, signal, (queries, all) => recordAll(services, queries, all))
}

async function recordAll(
  services: Services,
  queries: Queries,
  entries: readonly StatsEntry[],
): Promise<readonly StatsOutcome[]> {
  const now = services.now()
  const requests = entries.map(({ request }) => request)
  const titles = await lockTitles(queries, requests)
  const ready = requests.filter(({ titleId }) => titles.get(titleId)?.exists === true)
  const keys = ready.flatMap((request) => [
    ...followersOf(titles, request).map(({ id }) => ({ ...keyOf(request), achievementId: id })),
    // Also where nothing follows: the sheet is what is locked.
    { ...keyOf(request), achievementId: '' },
  ])
  const unitOfWork = await UnitOfWork.open(queries, now, keys)
  const outcomes = await IdempotencyStore.load(queries, ready)
  const values = new StatValues(await queries.stats.findValues(ready, [...new Set(ready.flatMap(codesOf))]))
  await lockCommunityGoals(queries, titles)
  const results: StatsOutcome[] = []
  for (const entry of entries) {
    const recorded = recordOne(services, queries, { now, titles, unitOfWork, outcomes, values }, entry)
    results.push(await recorded.catch(asOutcome))
  }
  await queries.stats.upsertValues(values.changed)
  await unitOfWork.flush(queries)
  await outcomes.flush(queries, now)
  return results
}

interface Held {
  readonly now: Instant
  readonly titles: ReadonlyMap<string, HeldTitle>
  readonly unitOfWork: UnitOfWork
  readonly outcomes: IdempotencyStore
  readonly values: StatValues
}

/** Refuses before it changes anything. */
async function recordOne(
  services: Services,
  queries: Queries,
  { now, titles, unitOfWork, outcomes, values }: Held,
  { request, by }: StatsEntry,
): Promise<RecordStatsResult> {
  const { titleId, requestId } = request
  const title = titles.get(titleId)
  if (title?.exists !== true) throw titleNotFound(titleId)
  const digest = requestId === undefined ? '' : requestDigest('recordStats', request)
  const before = outcomes.find(request, digest)
  if (before !== undefined) return unpack<{ result: RecordStatsResult }>(before).result
  checkStats(titleId, codesOf(request), title.stats, writerOf(request, by))
  const context = whenOf(services, now, request.occurredTime, by.actor)
  const movements = movementsOf(request, title.stats, values.of(request))
  const told = attributionOf(by, requestId)
  const followers = followersOf(titles, request)
  const written = values.put(request, movements, context.time)
  const alone = followers.filter((achievement) => !isShared(achievement))
  const result = {
    values: written,
    progressResults: alone.flatMap((achievement) =>
      follow(unitOfWork.of(request), request, achievement, movements, context, told),
    ),
    contributions: await recordContributions(queries, request, followers.filter(isShared), movements, {
      ...told,
      time: context.time,
    }),
  }
  outcomes.add(request, digest, pack({ result }))
  return result
}

interface HeldTitle {
  readonly exists: boolean
  readonly stats: ReadonlyMap<string, Stat>
  readonly followers: readonly StoredAchievement[]
}

/** The stats that are named and what follows them, in order of title, held as they are. */
async function lockTitles(
  queries: Queries,
  requests: readonly RecordStats[],
): Promise<ReadonlyMap<string, HeldTitle>> {
  const byTitle = [...Map.groupBy(requests, ({ titleId }) => titleId)].sort(([a], [b]) => (a < b ? -1 : 1))
  const titles = new Map<string, HeldTitle>()
  for (const [titleId, ofTitle] of byTitle) {
    const codes = [...new Set(ofTitle.flatMap(codesOf))]
    const stats = await queries.stats.lockShared(titleId, codes)
    const followers = stats.length === 0 ? [] : await queries.achievements.lockSharedByStats(titleId, codes)
    const exists = stats.length > 0 || (await queries.titles.find(titleId)) !== undefined
    titles.set(titleId, { exists, stats: new Map(stats.map((stat) => [stat.code, stat])), followers })
  }
  return titles
}

/** In order of title and id, whatever the order of the entries: two transactions would else wait for each other. */
async function lockCommunityGoals(queries: Queries, titles: ReadonlyMap<string, HeldTitle>): Promise<void> {
  for (const [titleId, { followers }] of titles) {
    const ids = followers.filter(isShared).map(({ id }) => id)
    await queries.community.lock(titleId, ids)
  }
}

function isShared({ participation }: StoredAchievement): boolean {
  return participation === 'community'
}

function follows({ requirements }: StoredAchievement, codes: ReadonlySet<string>): boolean {
  return requirements.some(({ statCode }) => statCode !== undefined && codes.has(statCode))
}

function followersOf(
  titles: ReadonlyMap<string, HeldTitle>,
  request: RecordStats,
): readonly StoredAchievement[] {
  const codes = new Set(codesOf(request))
  const { followers = [] } = titles.get(request.titleId) ?? {}
  return followers.filter((achievement) => follows(achievement, codes))
}

/** The players' values of stats, as they were read and as each entry changes them. */
export class StatValues {
  readonly #current: Map<string, Map<string, StatValue>>
  readonly #changed = new Map<string, StatValue & PlayerTitleKey>()

  constructor(values: readonly (StatValue & PlayerTitleKey)[]) {
    const byPlayerTitle = Map.groupBy(values, playerTitleKey)
    this.#current = new Map(
      [...byPlayerTitle].map(([playerTitle, of]) => [
        playerTitle,
        new Map(of.map((value) => [value.code, value])),
      ]),
    )
  }

  of(key: PlayerTitleKey): ReadonlyMap<string, StatValue> {
    return this.#current.get(playerTitleKey(key)) ?? new Map()
  }

  put(key: PlayerTitleKey, movements: ReadonlyMap<string, Movement>, time: Instant): readonly StatValue[] {
    const current = new Map(this.of(key))
    const written = [...movements].map(([code, { after }]) => {
      const value = {
        code,
        value: after,
        createTime: current.get(code)?.createTime ?? time,
        updateTime: time,
      }
      current.set(code, value)
      this.#changed.set(`${playerTitleKey(key)}\u0000${code}`, { ...value, ...keyOf(key) })
      return value
    })
    this.#current.set(playerTitleKey(key), current)
    return written
  }

  get changed(): readonly (StatValue & PlayerTitleKey)[] {
    return [...this.#changed.values()]
  }
}

/** Moves an achievement by the new values of the stats that it follows. Returns its progress if that changed. */
export function follow(
  changes: PlayerTitleChanges,
  key: PlayerTitleKey,
  achievement: StoredAchievement,
  movements: ReadonlyMap<string, Movement>,
  context: ReportContext,
  told: ReturnType<typeof attributionOf>,
): readonly ProgressResult[] {
  const codes = new Set(achievement.requirements.map(({ statCode }) => statCode))
  const results = [...movements]
    .filter(([statCode]) => codes.has(statCode))
    .map(([statCode, { after }]) => {
      const at = { ...keyOf(key), achievementId: achievement.id }
      return report(changes, at, achievement, { kind: 'stat', statCode, quantity: after }, context, told)
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
