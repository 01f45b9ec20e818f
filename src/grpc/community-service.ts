import type { CommunityServiceService } from '../gen/laurel/v1/community_service.ts'
import { LIMITS } from '../model/limits.ts'
import type { Operations } from '../service/operations.ts'
import { writeCommunityProgress, writePlayerContribution } from './convert/community.ts'
import { readView } from './convert/progress.ts'
import { readId, readPaging, readRequestId, readText } from './convert/scalars.ts'
import { writeInstant } from './convert/time.ts'
import { parse } from './convert/violations.ts'
import { type HandlersOf, unary } from './handlers.ts'

export function communityService(operations: Operations): HandlersOf<typeof CommunityServiceService> {
  return {
    listCommunityProgress: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        view: readView(message.view, violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listCommunityGoals(request, call)
      return {
        progress: items.map((progress) => writeCommunityProgress(request.titleId, progress)),
        nextPageToken: nextPageToken ?? '',
      }
    }),

    listContributors: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        achievementId: readId(message.achievementId, 'achievement_id', violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listAllContributors(request, call)
      const contributions = items.map((each) => writePlayerContribution({ ...each, claimable: false }))
      return { contributions, nextPageToken: nextPageToken ?? '' }
    }),

    listContributions: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        playerId: readId(message.playerId, 'player_id', violations),
        ...readPaging(message, violations),
      }))
      const { items, nextPageToken } = await operations.listPlayerContributions(request, call)
      return { contributions: items.map(writePlayerContribution), nextPageToken: nextPageToken ?? '' }
    }),

    claimReward: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        playerId: readId(message.playerId, 'player_id', violations),
        achievementId: readId(message.achievementId, 'achievement_id', violations),
        requestId: readRequestId(message.requestId, violations),
      }))
      const { claimTime, newlyClaimed } = await operations.claimReward(request, call)
      return { claimTime: writeInstant(claimTime), newlyClaimed }
    }),

    resetCommunityProgress: unary(async (message, call) => {
      const request = parse((violations) => ({
        titleId: readId(message.titleId, 'title_id', violations),
        achievementId: readId(message.achievementId, 'achievement_id', violations),
        reason: readText(message.reason, 'reason', violations, LIMITS.reason),
        requestId: readRequestId(message.requestId, violations),
      }))
      await operations.resetCommunityProgress(request, call)
      return {}
    }),
  }
}
