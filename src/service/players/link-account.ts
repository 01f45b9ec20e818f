import { LaurelError } from '../../model/errors.ts'
import type { Account, Player } from '../../model/player.ts'
import type { Queries } from '../../store/queries.ts'
import { dialectOf } from '../exchange/dialects.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { playerNotFound, playerOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

export interface LinkAccount {
  readonly playerId: string
  readonly account: Account
  readonly requestId: string | undefined
}

/**
 * Gives a player an account; one that the player has already changes nothing.
 * @throws LaurelError ALREADY_EXISTS when another player has it.
 */
export async function linkAccount(services: Services, request: LinkAccount, call: Call): Promise<Player> {
  const { playerId, account } = request
  const linked = await mutateIdempotently(services, 'linkAccount', request, call, async (queries) => {
    const player = await queries.players.lock(playerId)
    if (player === undefined) throw playerNotFound(playerId)
    await link(services, queries, account, playerId)
    await queries.players.update(playerId, player.displayName, services.now())
    return playerOf(queries, playerId)
  })
  // Again, for what began to wait while nobody else could see the account yet.
  await services.store.single(call.signal, (queries) =>
    queries.replays.requeueWaiting([playerId], account.dialect),
  )
  return linked
}

/** Links an account, or leaves it if the player has it already. What waited for it to be delivered goes out. */
export async function link(
  services: Services,
  queries: Queries,
  account: Account,
  playerId: string,
): Promise<void> {
  checkAccount(services, account)
  if (await queries.accounts.insert(account, playerId)) {
    await queries.replays.requeueWaiting([playerId], account.dialect)
    return
  }
  const owner = await queries.accounts.findPlayer(account)
  if (owner === playerId) return
  const message = `account ${account.id} in ${account.dialect} belongs to another player: unlink it there first`
  const metadata = { dialect: account.dialect, accountId: account.id }
  throw new LaurelError('already_exists', 'ACCOUNT_LINKED_ELSEWHERE', message, { metadata })
}

/** An account is of a dialect that Laurel speaks, and has the form of ids there. */
export function checkAccount(services: Services, { dialect, id }: Account): void {
  const adapter = dialectOf(services, dialect)
  if (adapter.ids.isAccountId(id)) return
  const message = `account ${id} is no account id of ${dialect}: ${adapter.ids.accountIdForm}`
  throw new LaurelError('invalid_argument', 'INVALID_FIELD', message, {
    violations: [{ field: 'account.account_id', message: `must be ${adapter.ids.accountIdForm}` }],
  })
}
