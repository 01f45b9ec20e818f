import type { Achievement, StoredAchievement } from '../../model/achievement.ts'
import { attributionOf } from '../call.ts'
import { titleNotFound } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { insertAchievement } from './create-achievement.ts'

export interface CreateLimitedAchievement {
  readonly titleId: string
  readonly achievement: Achievement
  /** How many a title may have on the platform that it is made through. */
  readonly limit: number
}

/**
 * As createAchievement, unless the title is full already: undefined then. The title is locked while they are counted.
 */
export async function createLimitedAchievement(
  services: Services,
  { titleId, achievement, limit }: CreateLimitedAchievement,
  call: Call,
): Promise<StoredAchievement | undefined> {
  return services.store.write(call.signal, async (queries) => {
    if ((await queries.titles.lock(titleId)) === undefined) throw titleNotFound(titleId)
    const { achievementCount } = await queries.titles.findTotals(titleId)
    if (achievementCount >= limit) return undefined
    return insertAchievement(services, queries, titleId, achievement, attributionOf(call, undefined))
  })
}
