import { createHash } from 'node:crypto'
import { LIMITS } from '../../model/limits.ts'
import type { Account } from '../../model/player.ts'
import type { Call, Services } from '../services.ts'

export interface AccountHolder {
  readonly playerId: string
  /** Whether the account is linked; one that is not belongs to the player whom its first write will make. */
  readonly linked: boolean
}

/** Who an account is: the player who has it, or the one whom its first write will make. */
export async function playerOfAccount(
  services: Services,
  account: Account,
  call: Pick<Call, 'signal'>,
): Promise<AccountHolder> {
  const known = await services.store.read(call.signal, (queries) => queries.accounts.findPlayer(account))
  return known === undefined
    ? { playerId: playerNamedAfter(account), linked: false }
    : { playerId: known, linked: true }
}

/** A player whom only a platform's account is known of. The id of one that is too long to follow is made of its hash. */
export function playerNamedAfter({ dialect, id }: Account): string {
  const name = `${dialect}:${id}`
  if (name.length <= LIMITS.id) return name
  return `${dialect}:#${createHash('sha256').update(id).digest('hex')}`
}
