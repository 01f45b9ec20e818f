import type { Contribution } from '../../model/community.ts'
import type { ContributorFilter } from '../../store/community/community.ts'
import { achievementOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ListContributors extends ContributorFilter {
  /** Whose accounts are told. */
  readonly dialect: string
}

export interface Contributor extends Contribution {
  /** The player's account in the dialect; undefined for a player who has none there. */
  readonly account: string | undefined
}

/** Who contributed to a community achievement, by how much, from `offset` on. */
export async function listContributors(
  services: Services,
  { dialect, ...filter }: ListContributors,
  call: Call,
): Promise<readonly Contributor[]> {
  return services.store.read(call.signal, async (queries) => {
    const found = await queries.community.listContributors(filter)
    if (found.length === 0) await achievementOf(queries, filter.titleId, filter.achievementId)
    const accounts = await queries.accounts.listOfPlayers(
      dialect,
      found.map(({ playerId }) => playerId),
    )
    return found.map((each) => ({ ...each, account: accounts.get(each.playerId) }))
  })
}
