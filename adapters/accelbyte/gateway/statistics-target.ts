import { DecodeError } from '../../../src/dialect/decode-error.ts'
import { Refusal } from '../../../src/dialect/refusal.ts'
import type { GatewayRequest, RequestHead, Route } from '../../../src/http/gateway.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { isLongerThan } from '../../../src/model/text-length.ts'
import { ids } from '../ids.ts'
import { userNamedAfter } from './global-rows.ts'
import { type Audience, accountOf } from './target.ts'

export type Version = 'v1' | 'v2'

export function statisticsPath(version: Version, audience: Audience): Route['path'] {
  return `/social/${version}/${audience}/namespaces/:namespace`
}

export function statCodeOf({ params }: RequestHead): string {
  const code = params['statCode'] ?? ''
  if (/^\P{Cc}+$/u.test(code) && !isLongerThan(code, LIMITS.id)) return code
  throw new DecodeError(['statCode'], `expected 1 to ${LIMITS.id} characters without control characters`)
}

/** A user of the platform, and the player who that is. */
export interface User {
  readonly userId: string
  readonly playerId: string
  /** Whether the account is linked to a player; its first write links it. */
  readonly linked: boolean
}

/** Returns the user in the path; `me` is the calling player. */
export async function userOf(request: GatewayRequest): Promise<User> {
  if (request.params['userId'] === 'me') return whoAsks(request)
  return namedUser(request, accountOf(request).id, ['userId'])
}

export async function namedUser(
  { operations, call }: GatewayRequest,
  userId: string,
  path: readonly (string | number)[],
): Promise<User> {
  if (!ids.account.accepts(userId)) throw new DecodeError(path, `expected ${ids.account.form}`)
  const { playerId, linked } = await operations.playerOfAccount({ dialect: 'accelbyte', id: userId }, call)
  return { userId, playerId, linked }
}

/** Links an account that came to be by its first write. */
export async function admit({ operations, call }: GatewayRequest, { userId, linked }: User): Promise<void> {
  if (!linked) await operations.admitAccount({ dialect: 'accelbyte', id: userId }, call)
}

/** Rejects values per character: Laurel stores one value of a stat for each player. */
export function refuseAdditionalKey(
  key: string | null | undefined,
  path: readonly (string | number)[],
): void {
  if (!key) return
  throw new DecodeError(path, 'this server keeps one value of a stat for each user: leave it out')
}

async function whoAsks({ operations, call }: GatewayRequest): Promise<User> {
  if (call.principal.kind !== 'player') {
    throw new Refusal(403, { errorCode: 20022, errorMessage: 'token is not user token' })
  }
  const { playerId } = call.principal
  const accounts = await operations.getPlayer({ playerId }, call).then(
    (player) => player.accounts,
    (error: unknown) => {
      if (error instanceof LaurelError && error.reason === 'PLAYER_NOT_FOUND') return []
      throw error
    },
  )
  const account = accounts.find(({ dialect }) => dialect === 'accelbyte')
  return { userId: account?.id ?? userNamedAfter(playerId), playerId, linked: true }
}
