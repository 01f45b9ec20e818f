import { createHash } from 'node:crypto'
import type { Account } from '../model/player.ts'
import { ANONYMOUS, encode, type Principal, type Right } from '../model/principal.ts'
import { readCredential } from '../service/credential.ts'
import type { Authenticate } from '../service/services.ts'
import { type AuthSettings, type KeySettings, rightsOf } from './auth-file.ts'
import { readPermissions } from './permissions.ts'
import { Tokens, unauthenticated, type VerifiedToken } from './tokens.ts'

/** What a platform's names mean here. */
export interface Names {
  /** The player who has an account, or whom its first write will make. */
  playerOf(account: Account, signal: AbortSignal): Promise<string>
  /** The title that a dialect calls by a namespace; undefined where none can be meant. */
  titleOf(dialect: string, namespace: string, signal: AbortSignal): Promise<string | undefined>
}

interface Remembered {
  readonly token: BelievedToken
  readonly until: number
}

/** A token that was checked, and the rights that it names, in Laurel's own terms. */
interface BelievedToken extends VerifiedToken {
  readonly permissions: readonly Right[] | undefined
}

const MOST_REMEMBERED = 10_000
const REMEMBERED_MILLISECONDS = 60_000

/**
 * Says who holds a credential: a static key, or a token of a configured issuer. A token that was checked is
 * believed for a minute, and never beyond its expiry.
 */
export class Authenticator {
  readonly #names: Names
  #keys!: ReadonlyMap<string, KeySettings>
  #tokens!: Tokens
  #remembered!: Map<string, Remembered>

  /** `file` is where the settings came from: files that they name lie beside it. */
  constructor(settings: AuthSettings, file: string, names: Names) {
    this.#names = names
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
    return this.#principalOf(await this.#believed(token, hash, signal), signal)
  }

  async #believed(text: string, hash: string, signal: AbortSignal): Promise<BelievedToken> {
    const known = this.#remembered.get(hash)
    if (known !== undefined && known.until > Date.now()) return known.token
    this.#remembered.delete(hash)
    const verified = await this.#tokens.verify(text)
    const token = { ...verified, permissions: await this.#permissionsOf(verified, signal) }
    const [oldest] = this.#remembered.size >= MOST_REMEMBERED ? this.#remembered.keys() : []
    if (oldest !== undefined) this.#remembered.delete(oldest)
    const until = Math.min(Date.now() + REMEMBERED_MILLISECONDS, token.claims.exp * 1000)
    this.#remembered.set(hash, { token, until })
    return token
  }

  async #permissionsOf(
    { issuer, claims }: VerifiedToken,
    signal: AbortSignal,
  ): Promise<readonly Right[] | undefined> {
    const permissions = readPermissions(claims)
    const { namespaces: dialect } = issuer
    if (permissions === undefined || dialect === 'laurel') return permissions
    const titles = new Map<string, string | undefined>()
    for (const namespace of new Set(permissions.map(namespaceOf))) {
      const named = namespace === undefined || namespace === '*'
      titles.set(namespace ?? '', named ? namespace : await this.#names.titleOf(dialect, namespace, signal))
    }
    return permissions.flatMap((right) => {
      const title = titles.get(namespaceOf(right) ?? '')
      return title === undefined ? [] : [inNamespace(right, title === '*' ? title : encode(title))]
    })
  }

  async #principalOf(
    { issuer, claims, permissions }: BelievedToken,
    signal: AbortSignal,
  ): Promise<Principal> {
    const { principal: kind, subject, titles } = issuer
    const claimed = issuer.rights ?? permissions
    const granted = claimed && titles ? claimed.flatMap((right) => within(right, titles)) : claimed
    if (kind !== 'player') {
      return { kind, name: claims.sub, rights: rightsOf({ principal: kind, titles, rights: granted }) }
    }
    const playerId =
      subject === 'laurel'
        ? claims.sub
        : await this.#names.playerOf({ dialect: subject, id: claims.sub }, signal)
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
function within(right: Right, titles: readonly string[]): readonly Right[] {
  const namespace = namespaceOf(right)
  if (namespace === undefined) return []
  const wanted = titles.map(encode).filter((title) => namespace === '*' || title === namespace)
  return wanted.map((title) => inNamespace(right, title))
}

function namespaceOf({ resource }: Right): string | undefined {
  const segments = resource.split(':')
  const at = segments.indexOf('NAMESPACE')
  return at === -1 ? undefined : segments[at + 1]
}

function inNamespace({ resource, action }: Right, namespace: string): Right {
  const segments = resource.split(':')
  return { resource: segments.with(segments.indexOf('NAMESPACE') + 1, namespace).join(':'), action }
}

/** An issuer names a player by the token's subject, Laurel by the player's id. */
function forPlayer({ resource, action }: Right, subject: string, playerId: string): Right {
  const segments = resource.split(':')
  const user = segments.indexOf('USER') + 1
  if (user > 0 && segments[user] === subject) segments[user] = encode(playerId)
  return { resource: segments.join(':'), action }
}
