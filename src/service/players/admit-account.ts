import { LaurelError } from '../../model/errors.ts'
import type { Account } from '../../model/player.ts'
import type { Call, Services } from '../services.ts'
import { checkAccount } from './link-account.ts'
import { playerNamedAfter } from './player-of-account.ts'

/**
 * The player who has an account. An account that nobody registered is linked to a player of its own: writes through
 * a dialect need no registration.
 */
export async function admitAccount(
  services: Services,
  account: Account,
  call: Call,
): Promise<{ readonly playerId: string }> {
  checkAccount(services, account)
  const known = await services.store.read(call.signal, (queries) => queries.accounts.findPlayer(account))
  if (known !== undefined) return { playerId: known }
  const playerId = playerNamedAfter(account)
  checkAdmission(account, playerId, call)
  return services.store.write(call.signal, async (queries) => {
    await queries.players.insertIfAbsent(playerId, services.now())
    if (await queries.accounts.insert(account, playerId)) {
      await queries.replays.requeueWaiting([playerId], account.dialect)
    }
    return { playerId: (await queries.accounts.findPlayer(account)) ?? playerId }
  })
}

/** A player could else take accounts of others, before these come and link them. */
function checkAdmission({ dialect, id }: Account, playerId: string, { principal }: Call): void {
  if (principal.kind !== 'player' || principal.playerId === playerId) return
  const message = `account ${id} of ${dialect} is not the player's own: a trusted service must link it`
  throw new LaurelError('permission_denied', 'PERMISSION_DENIED', message)
}
