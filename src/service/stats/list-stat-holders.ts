import type { StatValue } from '../../model/stat.ts'
import type { StatHolderFilter } from '../../store/stats/stats.ts'
import { statOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface ListStatHolders extends StatHolderFilter {
  /** Whose accounts are told. */
  readonly dialect: string
}

export interface StatHolder extends StatValue {
  readonly playerId: string
  /** The player's account in the dialect; undefined for a player who has none there. */
  readonly account: string | undefined
}

/** Who has a value of a stat, by the value, from `offset` on. */
export async function listStatHolders(
  services: Services,
  { dialect, ...filter }: ListStatHolders,
  call: Call,
): Promise<readonly StatHolder[]> {
  return services.store.read(call.signal, async (queries) => {
    const found = await queries.stats.listHolders(filter)
    if (found.length === 0) await statOf(queries, filter.titleId, filter.code)
    const accounts = await queries.accounts.listOfPlayers(
      dialect,
      found.map(({ playerId }) => playerId),
    )
    return found.map((each) => ({ ...each, account: accounts.get(each.playerId) }))
  })
}
