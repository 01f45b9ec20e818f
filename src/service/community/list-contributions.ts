import type { StoredAchievement } from '../../model/achievement.ts'
import type { Contribution } from '../../model/community.ts'
import { asGatewayShows, redactDefinition } from '../progress/player-view.ts'
import { titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ListContributions {
  readonly titleId: string
  readonly playerId: string
}

export interface OwnContribution {
  readonly achievement: StoredAchievement
  readonly contribution: Contribution
  /** Whether it is unlocked, and the player has not taken its reward. */
  readonly claimable: boolean
}

/** As `listContributionsAsAdmin`; hidden achievements are redacted where the title masks them. */
export async function listContributions(
  services: Services,
  request: ListContributions,
  call: Call,
): Promise<readonly OwnContribution[]> {
  const contributions = await listContributionsAsAdmin(services, request, call)
  return asGatewayShows(services, request, contributions, redactDefinition, call)
}

/** Returns a player's contributions to the community achievements of a title, in order of id. */
export async function listContributionsAsAdmin(
  services: Services,
  request: ListContributions,
  call: Call,
): Promise<readonly OwnContribution[]> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const contributions = new Map(
      (await queries.community.listContributions(request)).map((each) => [each.achievementId, each]),
    )
    const achievements = await queries.achievements.listByIds(titleId, [...contributions.keys()])
    if (achievements.length === 0) await titleOf(queries, titleId)
    const shared = await queries.community.list(titleId)
    const unlocked = new Set(shared.flatMap((each) => (each.unlockTime ? each.achievementId : [])))
    return achievements
      .filter(({ participation }) => participation === 'community')
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map((achievement) => {
        const contribution = contributions.get(achievement.id) as Contribution
        const claimable = unlocked.has(achievement.id) && contribution.claimTime === undefined
        return { achievement, contribution, claimable }
      })
  })
}
