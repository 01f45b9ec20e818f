import { type Achievement, type StoredAchievement, scoreOf } from '../../model/achievement.ts'
import type { Queries } from '../../store/queries.ts'
import { type Attribution, attributionOf, type Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { achievementOf, checkEtag, lockAchievement, lockTitle } from '../require.ts'
import type { Services } from '../services.ts'
import { checkDialectIds, statCodesOf } from './create-achievement.ts'

/** Absent members keep their values; the id cannot be changed. */
export type AchievementPatch = Partial<Omit<Achievement, 'id' | 'createTime' | 'updateTime'>>

export interface UpdateAchievement {
  readonly titleId: string
  readonly achievementId: string
  readonly etag: string | undefined
  readonly patch: AchievementPatch
  readonly requestId: string | undefined
}

/**
 * Updates a definition. Progress stays: an achievement remains unlocked when a target is raised. A change of the gamerscore
 * also changes the totals of the players that unlocked the achievement.
 */
export async function updateAchievement(
  services: Services,
  request: UpdateAchievement,
  call: Call,
): Promise<StoredAchievement> {
  return mutateIdempotently(services, 'updateAchievement', request, call, (queries) =>
    patchAchievement(services, queries, request, attributionOf(call, request.requestId), (current) => {
      checkEtag(current, request.etag)
      return request.patch
    }),
  )
}

export interface ReviseAchievement {
  readonly titleId: string
  readonly achievementId: string
  /** Returns the patch for the current definition. Called again if the transaction is retried: must have no side effects. */
  readonly revise: (current: StoredAchievement) => AchievementPatch
}

/** Updates a definition by its current state, for a caller with the permission to update and not to read. */
export async function reviseAchievement(
  services: Services,
  request: ReviseAchievement,
  call: Call,
): Promise<StoredAchievement> {
  return services.store.write(call.signal, (queries) =>
    patchAchievement(services, queries, request, attributionOf(call, undefined), request.revise),
  )
}

/** Locks the definition, and changes it by the patch that `patchOf` returns for its current state. */
async function patchAchievement(
  services: Services,
  queries: Queries,
  { titleId, achievementId }: Pick<UpdateAchievement, 'titleId' | 'achievementId'>,
  attribution: Attribution,
  patchOf: (current: StoredAchievement) => AchievementPatch,
): Promise<StoredAchievement> {
  const current = await lockAchievement(queries, titleId, achievementId)
  const patch = patchOf(current)
  const now = services.now()
  const listOrder = patch.listOrder || current.listOrder
  const next = { ...current, ...patch, listOrder, updateTime: now }
  await queries.stats.insertMissing(titleId, statCodesOf([next]), now)
  await checkDialectIds(queries, titleId, next)
  await queries.achievements.upsert(titleId, [next])
  await queries.events.insertDefinitionEvents(titleId, [achievementId], { ...attribution, time: now })
  const difference = scoreOf(next) - scoreOf(current)
  if (difference !== 0n) {
    await queries.playerTitles.lockByAchievement(titleId, achievementId)
    await queries.playerTitles.adjustScores(titleId, achievementId, difference)
  }
  return achievementOf(queries, titleId, achievementId)
}

export interface ReorderAchievement {
  readonly titleId: string
  readonly achievementId: string
  /** The new list order, from 1. Achievements between the old and the new one shift by one. */
  readonly listOrder: number
  readonly requestId: string | undefined
}

export async function reorderAchievement(
  services: Services,
  request: ReorderAchievement,
  call: Call,
): Promise<StoredAchievement> {
  const { titleId, achievementId } = request
  return mutateIdempotently(services, 'reorderAchievement', request, call, async (queries) => {
    await lockTitle(queries, titleId)
    const current = await lockAchievement(queries, titleId, achievementId)
    const target = Math.min(request.listOrder, await queries.achievements.findLastListOrder(titleId))
    if (target < current.listOrder)
      await queries.achievements.shiftListOrder(titleId, target, current.listOrder - 1, 1)
    if (target > current.listOrder)
      await queries.achievements.shiftListOrder(titleId, current.listOrder + 1, target, -1)
    const time = services.now()
    await queries.achievements.upsert(titleId, [{ ...current, listOrder: target, updateTime: time }])
    const attribution = { ...attributionOf(call, request.requestId), time }
    await queries.events.insertDefinitionEvents(titleId, [achievementId], attribution)
    return achievementOf(queries, titleId, achievementId)
  })
}
