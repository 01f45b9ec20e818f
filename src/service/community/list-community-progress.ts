import type { StoredAchievement } from '../../model/achievement.ts'
import type { CommunityProgress } from '../../model/community.ts'
import { asGatewayShows, redactDefinition } from '../progress/player-view.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ListCommunityProgress {
  readonly titleId: string
  /** Asked in the name of all, which takes the right to it. */
  readonly trusted?: boolean
}

export interface CommunityGoalProgress {
  readonly achievement: StoredAchievement
  readonly progress: CommunityProgress
}

/**
 * What all players of a title share of its community achievements, in order of id; those that nobody contributed to are
 * not among them.
 */
export async function listCommunityProgress(
  services: Services,
  { titleId, trusted }: ListCommunityProgress,
  call: Call,
): Promise<readonly CommunityGoalProgress[]> {
  const progressList = await services.store.read(call.signal, async (queries) => {
    const shared = await queries.community.list(titleId)
    const progress = new Map(shared.map((each) => [each.achievementId, each]))
    const achievements = await queries.achievements.listByIds(titleId, [...progress.keys()])
    if (achievements.length === 0) await titleOf(queries, titleId)
    return achievements
      .filter(({ participation }) => participation === 'community')
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map((achievement) => ({ achievement, progress: progress.get(achievement.id) as CommunityProgress }))
  })
  if (trusted) return progressList
  return asGatewayShows(services, { titleId, playerId: undefined }, progressList, redactDefinition, call)
}
