import * as permission from '../authorization.ts'
import { operation } from '../authorization.ts'
import { followMerges } from '../players/follow-merges.ts'
import {
  claimReward,
  listCommunityProgress,
  listCommunityProgressAsAdmin,
  listContributions,
  listContributionsAsAdmin,
  listContributors,
  listContributorsAsAdmin,
  resetCommunityProgress,
} from './community.ts'
import { listAllContributors, listCommunityGoals, listPlayerContributions } from './lists.ts'

const ADVICE = 'set the view to PROGRESS_VIEW_PLAYER'

export const COMMUNITY_OPERATIONS = {
  listCommunityGoals: operation(listCommunityGoals, ({ titleId, view }) => {
    const requires = permission.catalogue(titleId)
    const full = permission.definitions(titleId, 'read')
    return view === 'player' ? [requires] : [{ ...full, instead: { requires, advice: ADVICE } }]
  }),
  listAllContributors: operation(listAllContributors, ({ titleId }) => [
    permission.definitions(titleId, 'read'),
  ]),
  listPlayerContributions: operation(
    followMerges(listPlayerContributions, ({ items }) => isEmpty(items)),
    ({ titleId, playerId }) => [permission.progress(titleId, playerId, 'read')],
  ),
  listCommunityProgress: operation(listCommunityProgress, ({ titleId }) => [permission.catalogue(titleId)]),
  listCommunityProgressAsAdmin: operation(listCommunityProgressAsAdmin, ({ titleId }) => [
    permission.definitions(titleId, 'read'),
  ]),
  listContributors: operation(listContributors, ({ titleId }) => [permission.catalogue(titleId)]),
  listContributorsAsAdmin: operation(listContributorsAsAdmin, ({ titleId }) => [
    permission.definitions(titleId, 'read'),
  ]),
  listContributions: operation(followMerges(listContributions, isEmpty), ({ titleId, playerId }) => [
    permission.progress(titleId, playerId, 'read'),
  ]),
  listContributionsAsAdmin: operation(
    followMerges(listContributionsAsAdmin, isEmpty),
    ({ titleId, playerId }) => [permission.enforcement(titleId, playerId, 'read')],
  ),
  claimReward: operation(followMerges(claimReward), ({ titleId, playerId }) => [
    permission.progress(titleId, playerId, 'update'),
  ]),
  resetCommunityProgress: operation(resetCommunityProgress, ({ titleId }) => [
    permission.definitions(titleId, 'delete'),
  ]),
}

function isEmpty(items: readonly unknown[]): boolean {
  return items.length === 0
}
