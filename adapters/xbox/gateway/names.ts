import type { GatewayRequest, RequestHead } from '../../../src/http/gateway.ts'
import { invalidArgument, LaurelError } from '../../../src/model/errors.ts'
import { isLongerThan } from '../../../src/model/text-length.ts'
import { ids } from '../ids.ts'
import { refusal } from './failure.ts'

/** The user that a path names. */
export interface User {
  readonly xuid: string
  readonly playerId: string
  /** Whether the account is linked to the player; its first write links it. */
  readonly linked: boolean
}

const DIALECT = 'xbox'
const MAX_SCID_LENGTH = 128

/** The account of `xuid(…)`; undefined for `me`. @throws LaurelError for a path that names no user. */
export function accountOf({ params }: RequestHead): string | undefined {
  const said = params['user'] ?? ''
  if (said.toLowerCase() === 'me') return undefined
  const [, xuid] = /^xuid\((\d{1,20})\)$/i.exec(said) ?? []
  if (xuid !== undefined && ids.account.accepts(xuid)) return xuid
  throw invalidArgument([{ field: 'user', message: 'must be xuid(n), n being a decimal number of 64 bits' }])
}

export async function userOf(request: GatewayRequest): Promise<User> {
  const { operations, call } = request
  const xuid = accountOf(request) ?? (await ownAccount(request))
  return { xuid, ...(await operations.playerOfAccount({ dialect: DIALECT, id: xuid }, call)) }
}

/**
 * The service configuration id of a path. They compare in lower case.
 * @throws LaurelError for text that no id can be.
 */
export function scidOf({ params }: RequestHead): string {
  const scid = (params['scid'] ?? '').toLowerCase()
  const readable = scid.isWellFormed() && !/\p{Cc}/u.test(scid)
  if (readable && scid !== '' && !isLongerThan(scid, MAX_SCID_LENGTH)) return scid
  throw invalidArgument([{ field: 'scid', message: 'must be a service configuration id' }])
}

/** The account of the calling player. */
async function ownAccount(request: GatewayRequest): Promise<string> {
  const { operations, call } = request
  const { principal } = call
  if (principal.kind !== 'player') {
    throw refusal(403, 'me is a player, and the credential is of none: name a user by xuid(n)', request)
  }
  const { playerId } = principal
  const linked = await linkedAccount(request, playerId)
  if (linked !== undefined) return linked
  // The player id of an account that is not linked contains the account.
  const [prefix = '', ...rest] = playerId.split(':')
  const own = { dialect: prefix, id: rest.join(':') }
  if (prefix === DIALECT && ids.account.accepts(own.id)) {
    const holder = await operations.playerOfAccount(own, call)
    if (holder.playerId === playerId) return own.id
  }
  throw refusal(403, 'the player who asks has no Xbox account: link one', request)
}

async function linkedAccount(
  { operations, call }: GatewayRequest,
  playerId: string,
): Promise<string | undefined> {
  try {
    const { accounts } = await operations.getPlayer({ playerId }, call)
    return accounts.find(({ dialect }) => dialect === DIALECT)?.id
  } catch (error) {
    if (error instanceof LaurelError && error.reason === 'PLAYER_NOT_FOUND') return undefined
    throw error
  }
}
