import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { applyReport } from '../../model/apply-report.ts'
import type { Backfill, BackfillKey } from '../../model/backfill.ts'
import { communityGoalOf } from '../../model/community.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import { NOT_STARTED } from '../../model/progress.ts'
import { compareQuantities } from '../../model/quantity.ts'
import type { Queries } from '../../store/queries.ts'
import type { Call } from '../call.ts'
import { type Page, readPage } from '../paging.ts'
import { addReport } from '../progress/writer/apply-reports.ts'
import { StatValues } from '../progress/writer/stat-values.ts'
import { UnitOfWork } from '../progress/writer/unit-of-work.ts'
import { achievementOf, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { type DefinitionWrite, requirementsOfOtherStats, statCodesOf } from './write-definitions.ts'

/** Players per transaction: reports on them wait for it. */
const PAGE_SIZE = 200

/** @throws LaurelError BACKFILL_NOT_FOUND if no change of the achievement needed one. */
export async function getBackfill(services: Services, key: BackfillKey, call: Call): Promise<Backfill> {
  const { titleId, achievementId } = key
  return services.store.read(call.signal, async (queries) => {
    const backfill = await queries.backfills.find(key)
    if (backfill !== undefined) return backfill
    await achievementOf(queries, titleId, achievementId)
    const message = `achievement ${achievementId} has no back-fill: no change of it could move existing players`
    throw new LaurelError('not_found', 'BACKFILL_NOT_FOUND', message, {
      metadata: { titleId, achievementId },
    })
  })
}

export interface ListBackfills {
  readonly titleId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** Returns a title's back-fills, running and done, in order of achievement. */
export async function listBackfills(
  services: Services,
  request: ListBackfills,
  call: Call,
): Promise<Page<Backfill>> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['backfills', titleId],
      (after, limit) => queries.backfills.list(titleId, after?.id ?? '', limit),
      ({ achievementId }) => ({ key: 0n, id: achievementId }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}

/**
 * Applies the current definition to the next players, in one transaction with the position reached. Returns whether players
 * are left; undefined if the back-fill is done already, or another process works on it.
 */
export async function backfillNext(
  { store, now }: Pick<Services, 'store' | 'now'>,
  key: BackfillKey,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  return store.write(signal, async (queries) => {
    // Before the back-fill, as an update of the definition locks them.
    const [achievement] = await queries.achievements.lockShared(key.titleId, [key.achievementId])
    const backfill = await queries.backfills.claim(key)
    if (achievement === undefined || backfill === undefined) return undefined
    const time = now()
    const done =
      achievement.participation === 'community'
        ? await unlockForAll(queries, achievement, backfill, time)
        : await applyToPlayers(queries, achievement, backfill, time)
    await queries.backfills.update({
      ...backfill,
      state: done.hasMore ? 'running' : 'done',
      lastPlayerId: done.lastPlayerId ?? backfill.lastPlayerId,
      playerCount: backfill.playerCount + done.playerCount,
      unlockCount: backfill.unlockCount + done.unlockCount,
      updateTime: time,
    })
    return done.hasMore
  })
}

/** How far one transaction came. */
interface Progressed {
  readonly hasMore: boolean
  readonly lastPlayerId?: string | undefined
  readonly playerCount: number
  readonly unlockCount: number
}

const reasonOf = ({ achievementId }: BackfillKey) => `the definition of ${achievementId} changed`

async function applyToPlayers(
  queries: Queries,
  achievement: StoredAchievement,
  backfill: Backfill,
  time: Instant,
): Promise<Progressed> {
  const { titleId, achievementId, lastPlayerId, silent, actor, requestId } = backfill
  const codes = statCodesOf([achievement])
  const players = await queries.backfills.listPlayers(backfill, codes, lastPlayerId, PAGE_SIZE)
  const keys = players.map((playerId) => ({ playerId, titleId, achievementId }))
  const unitOfWork = await UnitOfWork.open(queries, time, keys)
  const stats = await StatValues.load(queries, keys, codes)
  const attribution = { actor, requestId, reason: reasonOf(backfill), silent }
  let unlockCount = 0
  const reset = backfill.resetRequirements
  for (const key of keys) {
    if (unitOfWork.isRemoved(key)) continue
    const report = { kind: 'definition', stats: stats.quantitiesOf(key), reset } as const
    const context = { time, precision: 'exact', actor } as const
    const result = addReport(unitOfWork.of(key), key, achievement, report, context, attribution)
    if (result.newlyUnlocked) unlockCount += 1
  }
  await unitOfWork.flush(queries)
  return {
    hasMore: players.length === PAGE_SIZE,
    lastPlayerId: players.at(-1),
    playerCount: players.length,
    unlockCount,
  }
}

/** Unlocks a community achievement whose shared progress is at the current target. */
async function unlockForAll(
  queries: Queries,
  achievement: StoredAchievement,
  backfill: Backfill,
  time: Instant,
): Promise<Progressed> {
  const { titleId, achievementId, silent, actor, requestId } = backfill
  const goal = communityGoalOf(achievement)
  const isUnlocked =
    goal !== undefined &&
    achievement.lifecycle === 'live' &&
    (await queries.community.unlockAt(backfill, goal.target, time))
  if (isUnlocked) {
    const event = {
      playerId: '',
      titleId,
      achievementId,
      actor,
      requestId,
      silent,
      reason: reasonOf(backfill),
    }
    const state = {
      kind: 'community_unlocked',
      state: 'achieved',
      percent: 100,
      unlockTime: time,
      time,
    } as const
    await queries.events.insert([{ ...event, ...state }])
  }
  return { hasMore: false, playerCount: 0, unlockCount: Number(isUnlocked) }
}

/** Returns 1 if the shared progress is at the target of a community achievement that is not unlocked. */
async function countSharedUnlock(
  store: Services['store'],
  titleId: string,
  achievement: Achievement,
  signal: AbortSignal,
): Promise<number> {
  const shared = await store.read(signal, (queries) => queries.community.list(titleId))
  const progress = shared.find(({ achievementId }) => achievementId === achievement.id)
  const goal = communityGoalOf(achievement)
  if (progress === undefined || goal === undefined || progress.unlockTime !== undefined) return 0
  return compareQuantities(progress.value, goal.target) >= 0 ? 1 : 0
}

/** Counts the players whom a definition that is not stored yet would unlock the achievement for. Takes no locks. */
export async function countUnlocks(
  { store, now }: Pick<Services, 'store' | 'now'>,
  titleId: string,
  { before, after: achievement }: Pick<DefinitionWrite, 'before'> & { readonly after: Achievement },
  signal: AbortSignal,
): Promise<number> {
  const reset = requirementsOfOtherStats(before, achievement)
  if (achievement.participation === 'community') return countSharedUnlock(store, titleId, achievement, signal)
  const context = { time: now(), precision: 'exact', actor: '' } as const
  const codes = statCodesOf([achievement])
  let count = 0
  for (let after: string | undefined = ''; after !== undefined; ) {
    const players: readonly string[] = await store.read(signal, async (queries) => {
      const key = { titleId, achievementId: achievement.id }
      const page = await queries.backfills.listPlayers(key, codes, after ?? '', PAGE_SIZE)
      const keys = page.map((playerId) => ({ ...key, playerId }))
      const records = await queries.progress.listAt(keys)
      const progress = new Map(records.map((record) => [record.playerId, record.progress]))
      const stats = await StatValues.load(queries, keys, codes)
      for (const each of keys) {
        const report = { kind: 'definition', stats: stats.quantitiesOf(each), reset } as const
        const outcome = applyReport(achievement, progress.get(each.playerId) ?? NOT_STARTED, report, context)
        if (outcome.kind === 'recorded' && outcome.newlyUnlocked) count += 1
      }
      return page
    })
    after = players.length === PAGE_SIZE ? players.at(-1) : undefined
  }
  return count
}
