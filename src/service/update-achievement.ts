import { type Achievement, type StoredAchievement, scoreOf } from '../model/achievement.ts'
import { checkDialectIds, statCodesOf } from './create-achievement.ts'
import { achievementNotFound, achievementOf, checkEtag, titleOf } from './lookup.ts'
import { mutateOnce } from './once.ts'
import type { Call, Services } from './services.ts'

export interface UpdateAchievement {
  readonly titleId: string
  readonly achievementId: string
  readonly etag: string | undefined
  /** Members that are absent stay as they are; the id cannot be changed. */
  readonly patch: Partial<Omit<Achievement, 'id' | 'createTime' | 'updateTime'>>
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
  const { titleId, achievementId } = request
  return mutateOnce(services, 'updateAchievement', request, call, async (queries) => {
    const [current] = await queries.lockAchievements(titleId, [achievementId])
    if (current === undefined) {
      await titleOf(queries, titleId)
      throw achievementNotFound(titleId, achievementId)
    }
    checkEtag(current, request.etag)
    const now = services.now()
    const listOrder = request.patch.listOrder || current.listOrder
    const next = { ...current, ...request.patch, listOrder, updateTime: now }
    await queries.ensureStats(titleId, statCodesOf([next]), now)
    await checkDialectIds(queries, titleId, next)
    await queries.putAchievements(titleId, [next])
    const difference = scoreOf(next) - scoreOf(current)
    if (difference !== 0n) {
      await queries.lockSheetsWith(titleId, achievementId)
      await queries.adjustScores(titleId, achievementId, difference)
    }
    return achievementOf(queries, titleId, achievementId)
  })
}
