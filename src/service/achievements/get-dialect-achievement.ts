import type { StoredAchievement } from '../../model/achievement.ts'
import { achievementNotFound, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface GetDialectAchievement {
  readonly dialect: string
  readonly titleId: string
  /** Its id in the dialect. */
  readonly dialectId: string
}

/** The achievement that a dialect calls by this id. */
export async function getDialectAchievement(
  services: Services,
  { dialect, titleId, dialectId }: GetDialectAchievement,
  call: Call,
): Promise<StoredAchievement> {
  return services.store.read(call.signal, async (queries) => {
    const id = (await queries.achievementIds.findAchievements(titleId, dialect, [dialectId])).get(dialectId)
    const [achievement] = id === undefined ? [] : await queries.achievements.listByIds(titleId, [id])
    if (achievement !== undefined) return achievement
    await titleOf(queries, titleId)
    throw achievementNotFound(titleId, dialectId)
  })
}
