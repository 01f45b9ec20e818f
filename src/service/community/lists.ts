import { isShown, type StoredAchievement } from '../../model/achievement.ts'
import { type CommunityProgress, type Contribution, communityGoalOf } from '../../model/community.ts'
import type { PlayerTitleKey } from '../../model/progress.ts'
import type { Quantity } from '../../model/quantity.ts'
import type { RankedContribution } from '../../store/community/community.ts'
import type { Call } from '../call.ts'
import { type Position, pageTokenInvalid } from '../page-tokens.ts'
import { type Page, type Paging, readPage } from '../paging.ts'
import { achievementOf } from '../require.ts'
import type { Services } from '../services.ts'
import { listCommunityProgressAsAdmin, listContributionsAsAdmin } from './community.ts'

export interface ListCommunityGoals extends Paging {
  readonly titleId: string
  /** `player`: as players may see it. */
  readonly view: 'full' | 'player'
}

export interface CommunityGoalState extends Omit<CommunityProgress, 'value'> {
  /** Undefined while a hidden achievement is locked, in a player's view. */
  readonly value: number | undefined
  /** Undefined too if the achievement has no goal. */
  readonly target: Quantity | undefined
}

/** Returns a page of the shared progress on a title's community achievements, in order of id, where there is any. */
export async function listCommunityGoals(
  services: Services,
  { titleId, view, ...paging }: ListCommunityGoals,
  call: Call,
): Promise<Page<CommunityGoalState>> {
  const goals = await listCommunityProgressAsAdmin(services, { titleId }, call)
  return pageOf(
    goals
      .filter(
        ({ achievement, progress }) =>
          view === 'full' || isShown(achievement, progress.unlockTime !== undefined),
      )
      .map(({ achievement, progress }) => stateOf(achievement, progress, view)),
    paging,
    ['community', titleId, view],
  )
}

function stateOf(
  achievement: StoredAchievement,
  progress: CommunityProgress,
  view: ListCommunityGoals['view'],
): CommunityGoalState {
  const isRedacted = view === 'player' && achievement.hidden && progress.unlockTime === undefined
  if (isRedacted) return { ...progress, value: undefined, target: undefined }
  return { ...progress, target: communityGoalOf(achievement)?.target }
}

export interface PlayerContribution extends Contribution {
  readonly claimable: boolean
}

/** Returns a page of a player's contributions in a title to achievements that the player sees, in order of achievement. */
export async function listPlayerContributions(
  services: Services,
  { pageSize, pageToken, ...key }: PlayerTitleKey & Paging,
  call: Call,
): Promise<Page<PlayerContribution>> {
  const contributions = await listContributionsAsAdmin(services, key, call)
  return pageOf(
    contributions
      .filter(({ achievement, isUnlocked }) => isShown(achievement, isUnlocked))
      .map(({ contribution, claimable }) => ({ ...contribution, claimable })),
    { pageSize, pageToken },
    ['contributions', key.titleId, key.playerId],
  )
}

/** Returns a page of a list that is in order of achievement. */
function pageOf<Item extends { readonly achievementId: string }>(
  items: readonly Item[],
  paging: Paging,
  list: readonly unknown[],
): Promise<Page<Item>> {
  return readPage(
    paging,
    list,
    async (last, limit) =>
      items.filter(({ achievementId }) => achievementId > (last?.id ?? '')).slice(0, limit),
    ({ achievementId }) => ({ key: 0n, id: achievementId }),
  )
}

export interface ListAllContributors extends Paging {
  readonly titleId: string
  readonly achievementId: string
}

/**
 * Returns a page of the contributions to an achievement, the highest first. A contribution that rises above the last one of a page
 * is not on a later page, and none is repeated.
 */
export async function listAllContributors(
  services: Services,
  request: ListAllContributors,
  call: Call,
): Promise<Page<Contribution>> {
  const { titleId, achievementId } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['contributors', titleId, achievementId],
      (last, limit) => queries.community.listRanked(request, last && readRank(last), limit),
      ({ exactValue, playerId }) => ({ key: 0n, id: `${exactValue} ${playerId}` }),
    )
    if (page.items.length === 0) await achievementOf(queries, titleId, achievementId)
    return page
  })
}

/** @throws LaurelError PAGE_TOKEN_INVALID */
function readRank({ id }: Position): Pick<RankedContribution, 'exactValue' | 'playerId'> {
  const { exactValue, playerId } = /^(?<exactValue>-?\d+(?:\.\d+)?) (?<playerId>.+)$/s.exec(id)?.groups ?? {}
  if (exactValue === undefined || playerId === undefined) throw pageTokenInvalid()
  return { exactValue, playerId }
}
