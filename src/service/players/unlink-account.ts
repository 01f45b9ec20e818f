import { LaurelError } from '../../model/errors.ts'
import type { Player } from '../../model/player.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { playerNotFound, playerOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import type { LinkAccount } from './link-account.ts'

/** @throws LaurelError NOT_FOUND when the player does not have the account. */
export async function unlinkAccount(services: Services, request: LinkAccount, call: Call): Promise<Player> {
  const { playerId, account } = request
  return mutateIdempotently(services, 'unlinkAccount', request, call, async (queries) => {
    const player = await queries.players.lock(playerId)
    if (player === undefined) throw playerNotFound(playerId)
    if (!(await queries.accounts.delete(account, playerId))) {
      const message = `player ${playerId} has no account ${account.id} in ${account.dialect}`
      const metadata = { playerId, dialect: account.dialect, accountId: account.id }
      throw new LaurelError('not_found', 'ACCOUNT_NOT_FOUND', message, { metadata })
    }
    await queries.players.update(playerId, player.displayName, services.now())
    return playerOf(queries, playerId)
  })
}
