import type { StoredAchievement } from '../../model/achievement.ts'
import type { CommunityProgress } from '../../model/community.ts'
import { asGatewayShows, redactDefinition } from '../progress/player-view.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ListCommunityProgress {
  readonly titleId: string
}

export interface CommunityGoalProgress {
  readonly achievement: StoredAchievement
  readonly progress: CommunityProgress
}

/** As `listCommunityProgressAsAdmin`; hidden achievements are redacted where the title masks them. */
export async function listCommunityProgress(
  services: Services,
  request: ListCommunityProgress,
  call: Call,
): Promise<readonly CommunityGoalProgress[]> {
  const view = { titleId: request.titleId, playerId: undefined }
  const progressList = await listCommunityProgressAsAdmin(services, request, call)
  return asGatewayShows(services, view, progressList, redactDefinition, call)
}

/** Returns the shared progress on a title's community achievements, in order of id, where there is any. */
export async function listCommunityProgressAsAdmin(
  services: Services,
  { titleId }: ListCommunityProgress,
  call: Call,
): Promise<readonly CommunityGoalProgress[]> {
  return services.store.read(call.signal, async (queries) => {
    const shared = await queries.community.list(titleId)
    const progress = new Map(shared.map((each) => [each.achievementId, each]))
    const achievements = await queries.achievements.listByIds(titleId, [...progress.keys()])
    if (achievements.length === 0) await titleOf(queries, titleId)
    return achievements
      .filter(({ participation }) => participation === 'community')
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map((achievement) => ({ achievement, progress: progress.get(achievement.id) as CommunityProgress }))
  })
}
