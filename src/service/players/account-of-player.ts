import type { Call, Services } from '../services.ts'
import { playerNamedAfter } from './player-of-account.ts'

export interface AccountOfPlayer {
  readonly dialect: string
  /** Whoever may read what a player has of it may know what the player is called on a platform. */
  readonly titleId: string
  readonly playerId: string
}

/**
 * What a dialect calls a player: the account that is linked, the first by id of several; else the one that the player
 * is named after. Undefined for a player who has none.
 */
export async function accountOfPlayer(
  services: Services,
  { dialect, playerId }: AccountOfPlayer,
  call: Call,
): Promise<string | undefined> {
  return services.store.read(call.signal, async (queries) => {
    const linked = (await queries.accounts.listOfPlayers(dialect, [playerId])).get(playerId)
    const prefix = playerNamedAfter({ dialect, id: '' })
    if (linked !== undefined || !playerId.startsWith(prefix)) return linked
    const id = playerId.slice(prefix.length)
    const owner = await queries.accounts.findPlayer({ dialect, id })
    return owner === undefined ? id : undefined
  })
}
