import type { GatewayRequest } from '../../../src/http/gateway.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { deriveRowId } from '../ids.ts'
import { writeDouble, writeInstant, writeTexts } from '../values.ts'

type Operations = GatewayRequest['operations']
type Item<Name extends keyof Operations> =
  Awaited<ReturnType<Operations[Name]>> extends readonly (infer Each)[] ? Each : never

/** `models.GlobalAchievementResponse` */
export function writeGlobal(
  { achievement, progress }: Item<'listCommunityProgress'>,
  namespace: string,
): JsonObject {
  const { unlockTime } = progress
  return {
    id: deriveRowId(achievement.titleId, achievement.id),
    achievementCode: achievement.id,
    namespace,
    name: writeTexts(achievement.name, achievement.name.locale),
    status: unlockTime === undefined ? 1 : 2,
    latestValue: writeDouble(progress.value),
    ...(unlockTime === undefined ? {} : { achievedAt: writeInstant(unlockTime) }),
    createdAt: writeInstant(progress.createTime),
    updatedAt: writeInstant(progress.updateTime),
  }
}

/** `models.ContributorResponse` */
export function writeContributor(
  { playerId, account, ...contribution }: Item<'listContributors'>,
  namespace: string,
): JsonObject {
  const userId = account ?? userNamedAfter(playerId)
  return {
    id: deriveRowId(userId, contribution.achievementId),
    namespace,
    achievementCode: contribution.achievementId,
    userId,
    contributedValue: writeDouble(contribution.value),
    createdAt: writeInstant(contribution.createTime),
    updatedAt: writeInstant(contribution.updateTime),
  }
}

/** `models.UserContributionResponse` */
export function writeContribution(
  { achievement, contribution, claimable }: Item<'listContributions'>,
  namespace: string,
  userId: string,
): JsonObject {
  return {
    id: deriveRowId(userId, achievement.id),
    namespace,
    achievementCode: achievement.id,
    name: writeTexts(achievement.name, achievement.name.locale),
    userId,
    contributedValue: writeDouble(contribution.value),
    canClaimReward: claimable,
  }
}

/** A player of another platform has no user id here: the same one replaces it for all of them. */
export function userNamedAfter(playerId: string): string {
  return deriveRowId(playerId, 'user')
}
