import type { StoredAchievement } from '../../model/achievement.ts'
import { attributionOf } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { achievementNotFound, achievementOf, titleNotFound } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ReorderAchievement {
  readonly titleId: string
  readonly achievementId: string
  /** The position that it takes, from 1; those between its old and its new place move by one. */
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
    if ((await queries.titles.lock(titleId)) === undefined) throw titleNotFound(titleId)
    const [current] = await queries.achievements.lock(titleId, [achievementId])
    if (current === undefined) throw achievementNotFound(titleId, achievementId)
    const target = Math.min(request.listOrder, await queries.achievements.findLastListOrder(titleId))
    if (target < current.listOrder)
      await queries.achievements.shiftListOrder(titleId, target, current.listOrder - 1, 1)
    if (target > current.listOrder)
      await queries.achievements.shiftListOrder(titleId, current.listOrder + 1, target, -1)
    const time = services.now()
    await queries.achievements.upsert(titleId, [{ ...current, listOrder: target, updateTime: time }])
    await queries.events.insertDefinitionEvents(titleId, [achievementId], {
      ...attributionOf(call, request.requestId),
      time,
    })
    return achievementOf(queries, titleId, achievementId)
  })
}
