import type { StoredAchievement } from '../../model/achievement.ts'
import { listTitleProgress } from '../progress/list-progress.ts'
import type { Call, Services } from '../services.ts'

export interface ListDialectAchievements {
  readonly dialect: string
  readonly titleId: string
}

/** All achievements of a title in list order, each with its id in the dialect: what those see who write them. */
export async function listDialectAchievements(
  services: Services,
  request: ListDialectAchievements,
  call: Call,
): Promise<readonly StoredAchievement[]> {
  const progressList = await listTitleProgress(services, { ...request, playerId: undefined }, call)
  return progressList.map(({ achievement }) => achievement)
}
