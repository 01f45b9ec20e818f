import { LaurelError } from '../../model/errors.ts'
import type { Player } from '../../model/player.ts'
import { playerOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** The player who has an account. */
export async function findPlayer(
  services: Services,
  { dialect, accountId }: { readonly dialect: string; readonly accountId: string },
  call: Call,
): Promise<Player> {
  return services.store.read(call.signal, async (queries) => {
    const playerId = await queries.accounts.findPlayer({ dialect, id: accountId })
    if (playerId !== undefined) return playerOf(queries, playerId)
    const message = `no player has account ${accountId} in ${dialect}`
    throw new LaurelError('not_found', 'ACCOUNT_NOT_FOUND', message, { metadata: { dialect, accountId } })
  })
}
