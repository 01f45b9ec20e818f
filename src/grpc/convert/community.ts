import type {
  CommunityProgress as CommunityProgressMessage,
  Contribution as ContributionMessage,
} from '../../gen/laurel/v1/community.ts'
import type { CommunityGoalState, PlayerContribution } from '../../service/community/lists.ts'
import { writeQuantity } from './scalars.ts'
import { writeInstant, writeOptionalInstant } from './time.ts'

export function writeCommunityProgress(
  titleId: string,
  { achievementId, value, target, unlockTime, createTime, updateTime }: CommunityGoalState,
): CommunityProgressMessage {
  return {
    titleId,
    achievementId,
    value,
    target: target === undefined ? undefined : writeQuantity(target),
    unlockTime: writeOptionalInstant(unlockTime),
    createTime: writeInstant(createTime),
    updateTime: writeInstant(updateTime),
  }
}

export function writePlayerContribution(contribution: PlayerContribution): ContributionMessage {
  const { achievementId, playerId, value, claimable, claimTime, createTime, updateTime } = contribution
  return {
    achievementId,
    playerId,
    value,
    claimable,
    claimTime: writeOptionalInstant(claimTime),
    createTime: writeInstant(createTime),
    updateTime: writeInstant(updateTime),
  }
}
