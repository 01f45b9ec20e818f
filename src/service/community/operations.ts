import * as right from '../authorization.ts'
import { operation, requireAdmin } from '../operation.ts'
import { claimReward } from './claim-reward.ts'
import { listCommunityProgress } from './list-community-progress.ts'
import { listContributions } from './list-contributions.ts'
import { listContributors } from './list-contributors.ts'
import { resetCommunityProgress } from './reset-community-progress.ts'

export const COMMUNITY_OPERATIONS = {
  listCommunityProgress: operation(listCommunityProgress, ({ titleId, trusted }) => [
    requireAdmin(trusted, right.catalogue(titleId)),
  ]),
  listContributors: operation(listContributors, ({ titleId, trusted }) => [
    requireAdmin(trusted, right.catalogue(titleId)),
  ]),
  listContributions: operation(listContributions, ({ titleId, playerId, trusted }) => [
    requireAdmin(trusted, right.progress(titleId, playerId, 'read')),
  ]),
  claimReward: operation(claimReward, ({ titleId, playerId }) => [
    right.progress(titleId, playerId, 'update'),
  ]),
  resetCommunityProgress: operation(resetCommunityProgress, ({ titleId }) => [
    right.definitions(titleId, 'delete'),
  ]),
}
