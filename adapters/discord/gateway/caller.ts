import type { GatewayRequest } from '../../../src/http/gateway.ts'
import { isSnowflakeText } from '../snowflake.ts'
import { refusal, unauthenticated } from './failure.ts'
import { DIALECT } from './target.ts'

/** A player as the platform and as Laurel know them. */
export interface Person {
  /** Undefined for a player without an account at Discord. */
  readonly account: string | undefined
  readonly playerId: string
  /** Whether the account is linked to a player already. */
  readonly linked: boolean
}

/** Returns the player of the credential, named `@me`. If credentials are not checked, a token that is a user id names the user. */
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

/** Returns the player of a user id of Discord. */
export async function whoHas({ operations, call }: GatewayRequest, account: string): Promise<Person> {
  return { account, ...(await operations.playerOfAccount({ dialect: DIALECT, id: account }, call)) }
}

/** In strict mode only bots manage definitions, as at Discord. */
export function checkManager({ strict, credential }: GatewayRequest): void {
  if (strict && credential?.form !== 'Bot') throw unauthenticated('achievements are managed by bots')
}
