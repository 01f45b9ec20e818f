import { createHash } from 'node:crypto'
import type { Account } from '../model/player.ts'
import { ANONYMOUS, encode, type Principal, type Right } from '../model/principal.ts'
import { readCredential } from '../service/credential.ts'
import type { Authenticate } from '../service/services.ts'
import { type AuthSettings, type KeySettings, rightsOf } from './auth-file.ts'
import { readPermissions } from './permissions.ts'
import { Tokens, unauthenticated, type VerifiedToken } from './tokens.ts'

/** The player who has an account, or whom its first write will make. */
export type PlayerOf = (account: Account, signal: AbortSignal) => Promise<string>

interface Remembered {
  readonly verified: VerifiedToken
  readonly until: number
}

const MOST_REMEMBERED = 10_000
const REMEMBERED_MILLISECONDS = 60_000

/**
 * Says who holds a credential: a static key, or a token of a configured issuer. A token that was checked is
 * believed for a minute, and never beyond its expiry.
 */
export class Authenticator {
  readonly #playerOf: PlayerOf
  #keys!: ReadonlyMap<string, KeySettings>
  #tokens!: Tokens
  #remembered!: Map<string, Remembered>

  /** `file` is where the settings came from: files that they name lie beside it. */
  constructor(settings: AuthSettings, file: string, playerOf: PlayerOf) {
    this.#playerOf = playerOf
    this.replace(settings, file)
  }

  /** Goes by other settings from now on. */
  replace({ issuers, keys }: AuthSettings, file: string): void {
    const tokens = new Tokens(issuers, file)
    this.#keys = new Map(keys.map((key) => [key.sha256, key]))
    this.#tokens = tokens
    this.#remembered = new Map()
  }

  readonly authenticate: Authenticate = async (authorization, signal) => {
    const credential = readCredential(authorization)
    if (credential === undefined) return ANONYMOUS
    const { token } = credential
    const hash = createHash('sha256').update(token).digest('hex')
    const key = this.#keys.get(hash)
    if (key !== undefined) return { kind: key.principal, name: key.name, rights: rightsOf(key) }
    if (token.split('.').length !== 3) throw unauthenticated('the credential is of nobody that is known here')
    return this.#principalOf(await this.#verified(token, hash), signal)
  }

  async #verified(token: string, hash: string): Promise<VerifiedToken> {
    const known = this.#remembered.get(hash)
    if (known !== undefined && known.until > Date.now()) return known.verified
    this.#remembered.delete(hash)
    const verified = await this.#tokens.verify(token)
    const [oldest] = this.#remembered.size >= MOST_REMEMBERED ? this.#remembered.keys() : []
    if (oldest !== undefined) this.#remembered.delete(oldest)
    const until = Math.min(Date.now() + REMEMBERED_MILLISECONDS, verified.claims.exp * 1000)
    this.#remembered.set(hash, { verified, until })
    return verified
  }

  async #principalOf({ issuer, claims }: VerifiedToken, signal: AbortSignal): Promise<Principal> {
    const { principal: kind, subject, titles } = issuer
    const claimed = issuer.rights ?? readPermissions(claims)
    const granted = claimed && titles ? claimed.flatMap((right) => within(right, titles)) : claimed
    if (kind !== 'player') {
      return { kind, name: claims.sub, rights: rightsOf({ principal: kind, titles, rights: granted }) }
    }
    const playerId =
      subject === 'laurel' ? claims.sub : await this.#playerOf({ dialect: subject, id: claims.sub }, signal)
    const rights = granted?.map((right) => forPlayer(right, claims.sub, playerId))
    return { kind, name: playerId, playerId, rights: rights ?? playerRights(playerId, titles) }
  }
}

/** What a player may do where nothing else is said: read what the title offers, and report and read their own. */
function playerRights(playerId: string, titles: readonly string[] = ['*']): readonly Right[] {
  const user = encode(playerId)
  return [
    { resource: `NAMESPACE:*:USER:${user}:PLAYER`, action: 2 },
    ...titles.flatMap((title) => [
      { resource: `NAMESPACE:${title}:ACHIEVEMENT`, action: 2 },
      { resource: `NAMESPACE:${title}:USER:${user}:ACHIEVEMENT`, action: 6 },
      { resource: `NAMESPACE:${title}:USER:${user}:STATITEM`, action: 6 },
    ]),
  ]
}

/** A token says what its holder may do, its issuer's configuration in which titles. */
function within({ resource, action }: Right, titles: readonly string[]): readonly Right[] {
  const segments = resource.split(':')
  const namespace = segments.indexOf('NAMESPACE') + 1
  if (namespace === 0) return []
  const wanted =
    segments[namespace] === '*' ? titles : titles.filter((title) => title === segments[namespace])
  return wanted.map((title) => ({ resource: segments.with(namespace, title).join(':'), action }))
}

/** An issuer names a player by the token's subject, Laurel by the player's id. */
function forPlayer({ resource, action }: Right, subject: string, playerId: string): Right {
  const segments = resource.split(':')
  const user = segments.indexOf('USER') + 1
  if (user > 0 && segments[user] === subject) segments[user] = encode(playerId)
  return { resource: segments.join(':'), action }
}
