import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import {
  claimReward,
  listCommunityProgress,
  listCommunityProgressAsAdmin,
  listContributions,
  listContributionsAsAdmin,
  listContributors,
  resetCommunityProgress,
} from './community.ts'

export const COMMUNITY_OPERATIONS = {
  listCommunityProgress: operation(listCommunityProgress, ({ titleId }) => [permission.catalogue(titleId)]),
  listCommunityProgressAsAdmin: operation(listCommunityProgressAsAdmin, ({ titleId }) => [
    permission.definitions(titleId, 'read'),
  ]),
  listContributors: operation(listContributors, ({ titleId }) => [permission.catalogue(titleId)]),
  listContributorsAsAdmin: operation(listContributors, ({ titleId }) => [
    permission.definitions(titleId, 'read'),
  ]),
  listContributions: operation(listContributions, ({ titleId, playerId }) => [
    permission.progress(titleId, playerId, 'read'),
  ]),
  listContributionsAsAdmin: operation(listContributionsAsAdmin, ({ titleId, playerId }) => [
    permission.enforcement(titleId, playerId, 'read'),
  ]),
  claimReward: operation(claimReward, ({ titleId, playerId }) => [
    permission.progress(titleId, playerId, 'update'),
  ]),
  resetCommunityProgress: operation(resetCommunityProgress, ({ titleId }) => [
    permission.definitions(titleId, 'delete'),
  ]),
}
