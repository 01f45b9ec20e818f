import type { StoredAchievement } from '../../model/achievement.ts'
import { achievementNotFound, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** In the order of the ids asked for. @throws LaurelError NOT_FOUND naming the first one that is missing. */
export async function batchGetAchievements(
  services: Services,
  { titleId, achievementIds }: { readonly titleId: string; readonly achievementIds: readonly string[] },
  call: Call,
): Promise<readonly StoredAchievement[]> {
  return services.store.read(call.signal, async (queries) => {
    const found = await queries.achievements.listByIds(titleId, [...new Set(achievementIds)])
    if (found.length === 0) await titleOf(queries, titleId)
    const byId = new Map(found.map((achievement) => [achievement.id, achievement]))
    return achievementIds.map((id) => {
      const achievement = byId.get(id)
      if (achievement === undefined) throw achievementNotFound(titleId, id)
      return achievement
    })
  })
}
