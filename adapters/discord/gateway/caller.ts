import type { GatewayRequest } from '../../../src/http/gateway.ts'
import { isSnowflakeText } from '../snowflake.ts'
import { refusal, unauthenticated } from './failure.ts'
import { DIALECT } from './target.ts'

/** A player as the platform and as Laurel know them. */
export interface Person {
  /** Undefined for a player who has no account at Discord. */
  readonly account: string | undefined
  readonly playerId: string
  /** Whether the account is linked to a player already. */
  readonly linked: boolean
}

/**
 * Who `@me` is: the player that the credential is of. While nobody is asked for a credential, a token that has the
 * form of a user id is taken for that user's.
 */
export async function whoAsks(request: GatewayRequest, titleId: string): Promise<Person> {
  const { operations, call, credential, checked } = request
  const { principal } = call
  const isUser = checked ? principal.kind === 'player' : credential?.form !== 'Bot'
  if (!isUser) throw refusal('botsNotAllowed')
  if (principal.kind === 'player') {
    const { playerId } = principal
    const account = await operations.accountOfPlayer({ dialect: DIALECT, titleId, playerId }, call)
    return { account, playerId, linked: true }
  }
  if (credential === undefined || !isSnowflakeText(credential.token)) {
    throw unauthenticated('@me needs the token of a user')
  }
  return whoHas(request, credential.token)
}

/** Who a user id of Discord's is. */
export async function whoHas({ operations, call }: GatewayRequest, account: string): Promise<Person> {
  return { account, ...(await operations.playerOfAccount({ dialect: DIALECT, id: account }, call)) }
}

/** Definitions are a bot's to manage; in strict mode nobody else is heard, as it was at Discord. */
export function checkManager({ strict, credential }: GatewayRequest): void {
  if (strict && credential?.form !== 'Bot') throw unauthenticated('achievements are managed by bots')
}
