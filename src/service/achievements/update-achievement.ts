import { type Achievement, type StoredAchievement, scoreOf } from '../../model/achievement.ts'
import type { Queries } from '../../store/queries.ts'
import { type Attribution, attributionOf } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { achievementNotFound, achievementOf, checkEtag, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { checkDialectIds, statCodesOf } from './create-achievement.ts'

/** Members that are absent stay as they are; the id cannot be changed. */
export type AchievementPatch = Partial<Omit<Achievement, 'id' | 'createTime' | 'updateTime'>>

export interface UpdateAchievement {
  readonly titleId: string
  readonly achievementId: string
  readonly etag: string | undefined
  readonly patch: AchievementPatch
  readonly requestId: string | undefined
}

/**
 * Players keep what they have: an unlock stays when a target is raised. When the gamerscore of an achievement
 * changes, the totals of the players who have it change with it.
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

/** Changes a definition in the running transaction by what `patchOf` makes of it as it is, under its lock. */
export async function patchAchievement(
  services: Services,
  queries: Queries,
  { titleId, achievementId }: Pick<UpdateAchievement, 'titleId' | 'achievementId'>,
  told: Attribution,
  patchOf: (current: StoredAchievement) => AchievementPatch,
): Promise<StoredAchievement> {
  const [current] = await queries.achievements.lock(titleId, [achievementId])
  if (current === undefined) {
    await titleOf(queries, titleId)
    throw achievementNotFound(titleId, achievementId)
  }
  const patch = patchOf(current)
  const now = services.now()
  const listOrder = patch.listOrder || current.listOrder
  const next = { ...current, ...patch, listOrder, updateTime: now }
  await queries.stats.insertMissing(titleId, statCodesOf([next]), now)
  await checkDialectIds(queries, titleId, next)
  await queries.achievements.upsert(titleId, [next])
  await queries.events.insertDefinitionEvents(titleId, [achievementId], { ...told, time: now })
  const difference = scoreOf(next) - scoreOf(current)
  if (difference !== 0n) {
    await queries.playerTitles.lockByAchievement(titleId, achievementId)
    await queries.playerTitles.adjustScores(titleId, achievementId, difference)
  }
  return achievementOf(queries, titleId, achievementId)
}
