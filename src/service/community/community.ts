import { isShown, type StoredAchievement } from '../../model/achievement.ts'
import type { CommunityProgress, Contribution } from '../../model/community.ts'
import { LaurelError } from '../../model/errors.ts'
import type { Instant } from '../../model/instant.ts'
import type { PlayerTitleKey, ProgressKey } from '../../model/progress.ts'
import type { ContributorFilter } from '../../store/community/community.ts'
import { progressChange } from '../audit/changes.ts'
import type { Mutation } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { mutatePlayerTitle } from '../progress/mutate-player-title.ts'
import { asGatewayShows, redactDefinition } from '../progress/player-view.ts'
import { achievementNotFound, achievementOf, lockAchievementShared, titleOf } from '../require.ts'
import type { Services } from '../services.ts'

export interface CommunityGoalProgress {
  readonly achievement: StoredAchievement
  readonly progress: CommunityProgress
}

/**
 * As `listCommunityProgressAsAdmin`, without drafts and retired achievements that are not unlocked; hidden achievements are
 * redacted where the title masks them.
 */
export async function listCommunityProgress(
  services: Services,
  request: { readonly titleId: string },
  call: Call,
): Promise<readonly CommunityGoalProgress[]> {
  const view = { titleId: request.titleId, playerId: undefined }
  const progressList = await listCommunityProgressAsAdmin(services, request, call)
  const shown = progressList.filter(({ achievement, progress }) =>
    isShown(achievement, progress.unlockTime !== undefined),
  )
  return asGatewayShows(services, view, shown, redactDefinition, call)
}

/** Returns the shared progress on a title's community achievements, in order of id, where there is any. */
export async function listCommunityProgressAsAdmin(
  services: Services,
  { titleId }: { readonly titleId: string },
  call: Call,
): Promise<readonly CommunityGoalProgress[]> {
  return services.store.read(call.signal, async (queries) => {
    const shared = await queries.community.list(titleId)
    const progressById = new Map(shared.map((progress) => [progress.achievementId, progress]))
    const achievements = await queries.achievements.listByIds(titleId, [...progressById.keys()])
    if (achievements.length === 0) await titleOf(queries, titleId)
    return communityGoalsOf(achievements).map((achievement) => ({
      achievement,
      progress: progressById.get(achievement.id) as CommunityProgress,
    }))
  })
}

export interface OwnContribution {
  readonly achievement: StoredAchievement
  readonly contribution: Contribution
  readonly isUnlocked: boolean
  /** Whether the achievement is unlocked and the player has not claimed its reward. */
  readonly claimable: boolean
}

/**
 * As `listContributionsAsAdmin`, without drafts and retired achievements that are not unlocked; hidden achievements are redacted
 * where the title masks them.
 */
export async function listContributions(
  services: Services,
  request: PlayerTitleKey,
  call: Call,
): Promise<readonly OwnContribution[]> {
  const contributions = await listContributionsAsAdmin(services, request, call)
  const shown = contributions.filter(({ achievement, isUnlocked }) => isShown(achievement, isUnlocked))
  return asGatewayShows(services, request, shown, redactDefinition, call)
}

/** Returns a player's contributions to the community achievements of a title, in order of id. */
export async function listContributionsAsAdmin(
  services: Services,
  request: PlayerTitleKey,
  call: Call,
): Promise<readonly OwnContribution[]> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const own = await queries.community.listContributions(request)
    const contributions = new Map(own.map((contribution) => [contribution.achievementId, contribution]))
    const achievements = await queries.achievements.listByIds(titleId, [...contributions.keys()])
    if (achievements.length === 0) await titleOf(queries, titleId)
    const shared = await queries.community.list(titleId)
    const unlocked = new Set(
      shared.flatMap(({ achievementId, unlockTime }) => (unlockTime ? achievementId : [])),
    )
    return communityGoalsOf(achievements).map((achievement) => {
      const contribution = contributions.get(achievement.id) as Contribution
      const isUnlocked = unlocked.has(achievement.id)
      const claimable = isUnlocked && contribution.claimTime === undefined
      return { achievement, contribution, isUnlocked, claimable }
    })
  })
}

/** In order of id. A definition that is no longer a community achievement is left out. */
function communityGoalsOf(achievements: readonly StoredAchievement[]): readonly StoredAchievement[] {
  return achievements
    .filter(({ participation }) => participation === 'community')
    .sort((left, right) => (left.id < right.id ? -1 : 1))
}

export interface ListContributors extends ContributorFilter {
  /** The dialect of the returned accounts. */
  readonly dialect: string
}

export interface Contributor extends Contribution {
  /** Undefined if the player has no account in the dialect. */
  readonly account: string | undefined
}

/** As `listContributorsAsAdmin`. @throws LaurelError ACHIEVEMENT_NOT_FOUND also for a draft. */
export async function listContributors(
  services: Services,
  request: ListContributors,
  call: Call,
): Promise<readonly Contributor[]> {
  const { titleId, achievementId } = request
  const { lifecycle } = await services.store.read(call.signal, (queries) =>
    achievementOf(queries, titleId, achievementId),
  )
  if (lifecycle === 'draft') throw achievementNotFound(titleId, achievementId)
  return listContributorsAsAdmin(services, request, call)
}

/** Returns the contributors to a community achievement, sorted by their contribution, from `offset` on. */
export async function listContributorsAsAdmin(
  services: Services,
  { dialect, ...filter }: ListContributors,
  call: Call,
): Promise<readonly Contributor[]> {
  return services.store.read(call.signal, async (queries) => {
    const contributors = await queries.community.listContributors(filter)
    if (contributors.length === 0) await achievementOf(queries, filter.titleId, filter.achievementId)
    const accounts = await queries.accounts.listOfPlayers(
      dialect,
      contributors.map(({ playerId }) => playerId),
    )
    return contributors.map((each) => ({ ...each, account: accounts.get(each.playerId) }))
  })
}

export interface RewardClaim {
  readonly claimTime: Instant
  readonly newlyClaimed: boolean
}

/**
 * Claims a contributor's reward of an unlocked community achievement. A reward is claimed once: a repeated or concurrent
 * claim returns the time of the first, and only the first writes an event for the service that grants rewards.
 * @throws LaurelError NOT_ACHIEVED before the unlock, NO_CONTRIBUTION if the player contributed nothing; NOT_LIVE for a draft, which does
 * not exist for a player.
 */
export async function claimReward(
  services: Services,
  request: ProgressKey & { readonly requestId: string | undefined },
  call: Call,
): Promise<RewardClaim> {
  const { titleId, playerId, achievementId } = request
  const rejection = (reason: 'NOT_ACHIEVED' | 'NO_CONTRIBUTION' | 'NOT_LIVE', message: string): LaurelError =>
    new LaurelError('failed_precondition', reason, `community achievement ${achievementId}: ${message}`, {
      metadata: { titleId, playerId, achievementId },
    })
  return mutatePlayerTitle(
    services,
    'claimReward',
    request,
    call,
    (queries) => lockAchievementShared(queries, titleId, achievementId),
    async (queries, _changes, now, { lifecycle }): Promise<Mutation<RewardClaim>> => {
      if (lifecycle === 'draft' && call.principal.kind === 'player')
        throw achievementNotFound(titleId, achievementId)
      if (lifecycle === 'draft')
        throw rejection('NOT_LIVE', 'it is a draft: set its lifecycle to live before rewards are claimed')
      const shared = await queries.community.list(titleId)
      const unlockTime = shared.find((each) => each.achievementId === achievementId)?.unlockTime
      if (unlockTime === undefined)
        throw rejection('NOT_ACHIEVED', 'its goal is not reached, so there is no reward yet')
      const own = await queries.community.listContributions(request)
      const contribution = own.find((each) => each.achievementId === achievementId)
      if (contribution === undefined)
        throw rejection('NO_CONTRIBUTION', 'only a player who contributed has a reward to claim')
      if (contribution.claimTime !== undefined)
        return { result: { claimTime: contribution.claimTime, newlyClaimed: false }, change: undefined }
      await queries.community.claim(request, achievementId, now)
      await queries.events.insert([
        {
          playerId,
          titleId,
          achievementId,
          kind: 'claimed',
          time: now,
          state: 'achieved',
          percent: 100,
          unlockTime,
          actor: call.actor,
          reason: '',
          requestId: request.requestId ?? '',
        },
      ])
      // The player's own act, which its event records.
      return { result: { claimTime: now, newlyClaimed: true }, change: undefined }
    },
  )
}

export interface ResetCommunityProgress {
  readonly titleId: string
  readonly achievementId: string
  /** Stored in the event of each contributor. */
  readonly reason: string
  readonly requestId: string | undefined
}

/**
 * Deletes all contributions to a community achievement, claims included, so that it may unlock again. Stat values stay:
 * only their later rises count.
 */
export async function resetCommunityProgress(
  services: Services,
  request: ResetCommunityProgress,
  call: Call,
): Promise<void> {
  const { titleId, achievementId, reason } = request
  await mutateIdempotently(
    services,
    'resetCommunityProgress',
    { titleId },
    request,
    call,
    async (queries) => {
      // This lock blocks contributions and claims.
      const [achievement] = await queries.achievements.lock(titleId, [achievementId])
      if (achievement === undefined) {
        await titleOf(queries, titleId)
        throw achievementNotFound(titleId, achievementId)
      }
      await queries.playerTitles.lockByAchievement(titleId, achievementId)
      await queries.community.deleteContributions(titleId, achievementId, {
        time: services.now(),
        actor: call.actor,
        reason,
        requestId: request.requestId ?? '',
      })
      const change = progressChange({ titleId, playerId: '' }, achievementId, reason)
      return { result: undefined, change }
    },
  )
}
