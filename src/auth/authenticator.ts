import { createHash } from 'node:crypto'
import {
  decodeSegment,
  encodeSegment,
  type GrantedPermission,
  splitPermission,
} from '../model/granted-permission.ts'
import type { Account } from '../model/player.ts'
import { ANONYMOUS, type Principal, principalName } from '../model/principal.ts'
import { readCredential } from '../service/credential.ts'
import {
  type AuthSettings,
  type IssuerSettings,
  type KeySettings,
  namespacesOf,
  permissionsOf,
} from './auth-file.ts'
import { readPermissions } from './permissions.ts'
import { Tokens, unauthenticated, type VerifiedToken } from './tokens.ts'

/** Resolves a platform's ids. */
export interface Names {
  /** Returns the player that has an account, or the id of the player that its first write will create. */
  playerOf(account: Account, signal: AbortSignal): Promise<string>
  /** Returns the title that is bound to a dialect's namespace; undefined if there is none. */
  titleOf(dialect: string, namespace: string, signal: AbortSignal): Promise<string | undefined>
}

interface CachedToken {
  readonly token: PermittedToken
  readonly until: number
}

/** A verified token with its permissions on Laurel's titles. */
interface PermittedToken extends VerifiedToken {
  readonly permissions: readonly GrantedPermission[] | undefined
}

/** An issuer that people sign in to the console at, as public as the sign-in itself. */
export interface SignIn {
  readonly issuer: string
  readonly audience: string
  readonly clientId: string
  readonly scope: string
}

const MAX_CACHED_TOKENS = 10_000
const CACHE_MILLISECONDS = 60_000
/** Far more than a game needs. */
const PLAYER_CALLS_PER_SECOND = 50

/**
 * Returns the principal of a credential: a static key, or a token of a configured issuer. A verified token is cached for
 * a minute, and never beyond its expiry.
 */
export class Authenticator {
  readonly #names: Names
  #signIns!: readonly SignIn[]
  #keys!: ReadonlyMap<string, KeySettings>
  #tokens!: Tokens
  #cache!: Map<string, CachedToken>

  /** @param file the auth file; relative paths in the settings are resolved from its folder */
  constructor(settings: AuthSettings, file: string, names: Names) {
    this.#names = names
    this.replace(settings, file)
  }

  /** Replaces the settings and clears the cache. */
  replace({ issuers, keys }: AuthSettings, file: string): void {
    const tokens = new Tokens(issuers, file)
    this.#signIns = signInsOf(issuers)
    this.#keys = new Map(keys.map((key) => [key.sha256, key]))
    this.#tokens = tokens
    this.#cache = new Map()
  }

  /** The issuers that people sign in to the console at. */
  get signIns(): readonly SignIn[] {
    return this.#signIns
  }

  readonly authenticate = async (
    authorization: string | undefined,
    signal: AbortSignal,
  ): Promise<Principal> => {
    const credential = readCredential(authorization)
    if (credential === undefined) return ANONYMOUS
    const { token } = credential
    const hash = createHash('sha256').update(token).digest('hex')
    const key = this.#keys.get(hash)
    if (key !== undefined) {
      const { principal, name, callsPerSecond } = key
      return { kind: principal, name: principalName(name), permissions: permissionsOf(key), callsPerSecond }
    }
    if (token.split('.').length !== 3)
      throw unauthenticated(
        'the credential is unknown: use a key of the auth file or a token of a configured issuer',
      )
    return this.#principalOf(await this.#verifyCached(token, hash, signal), signal)
  }

  async #verifyCached(text: string, hash: string, signal: AbortSignal): Promise<PermittedToken> {
    const cached = this.#cache.get(hash)
    if (cached !== undefined && cached.until > Date.now()) return cached.token
    this.#cache.delete(hash)
    const verified = await this.#tokens.verify(text)
    const token = { ...verified, permissions: await this.#permissionsOf(verified, signal) }
    const [oldest] = this.#cache.size >= MAX_CACHED_TOKENS ? this.#cache.keys() : []
    if (oldest !== undefined) this.#cache.delete(oldest)
    const until = Math.min(Date.now() + CACHE_MILLISECONDS, token.claims.exp * 1000)
    this.#cache.set(hash, { token, until })
    return token
  }

  async #permissionsOf(
    { issuer, claims }: VerifiedToken,
    signal: AbortSignal,
  ): Promise<readonly GrantedPermission[] | undefined> {
    const permissions = readPermissions(claims)
    const { namespaces: dialect } = issuer
    if (permissions === undefined || dialect === 'laurel') return permissions
    const namespaces = new Map<string | undefined, string | undefined>([['*', '*']])
    for (const segment of new Set(permissions.map(namespaceOf))) {
      const name = segment === undefined || segment === '*' ? undefined : decodeSegment(segment)
      const title = name === undefined ? undefined : await this.#names.titleOf(dialect, name, signal)
      if (title !== undefined) namespaces.set(segment, encodeSegment(title))
    }
    return permissions.flatMap((permission) => {
      const namespace = namespaces.get(namespaceOf(permission))
      return namespace === undefined ? [] : [inNamespace(permission, namespace)]
    })
  }

  async #principalOf(
    { issuer, claims, permissions }: PermittedToken,
    signal: AbortSignal,
  ): Promise<Principal> {
    const { principal: kind, subject, titles, callsPerSecond } = issuer
    const claimed = issuer.rights ?? permissions
    const granted = claimed && titles ? claimed.flatMap((permission) => within(permission, titles)) : claimed
    if (kind !== 'player') {
      const all = permissionsOf({ principal: kind, titles, rights: granted })
      return { kind, name: principalName(claims.sub), permissions: all, callsPerSecond }
    }
    const playerId =
      subject === 'laurel'
        ? claims.sub
        : await this.#names.playerOf({ dialect: subject, id: claims.sub }, signal)
    const own = granted?.map((permission) => forPlayer(permission, claims.sub, playerId))
    return {
      kind,
      name: principalName(playerId),
      playerId,
      permissions: own ?? playerPermissions(playerId, titles),
      callsPerSecond: callsPerSecond ?? PLAYER_CALLS_PER_SECOND,
    }
  }
}

/** The default permissions of a player: to read definitions, and to report and read its own progress. */
function playerPermissions(
  playerId: string,
  titles: readonly string[] | undefined,
): readonly GrantedPermission[] {
  const user = encodeSegment(playerId)
  return [
    { resource: `NAMESPACE:*:USER:${user}:PLAYER`, action: 2 },
    ...namespacesOf(titles).flatMap((title) => [
      { resource: `NAMESPACE:${title}:ACHIEVEMENT`, action: 2 },
      { resource: `NAMESPACE:${title}:USER:${user}:ACHIEVEMENT`, action: 6 },
      { resource: `NAMESPACE:${title}:USER:${user}:STATITEM`, action: 6 },
    ]),
  ]
}

/** Restricts a token's permission to the titles of its issuer's configuration. */
function within(permission: GrantedPermission, titles: readonly string[]): readonly GrantedPermission[] {
  const namespace = namespaceOf(permission)
  if (namespace === undefined) return []
  const id = decodeSegment(namespace)
  const matching = titles.filter((title) => namespace === '*' || title === id)
  return matching.map((title) => inNamespace(permission, encodeSegment(title)))
}

function namespaceOf(permission: GrantedPermission): string | undefined {
  const { segments, namespaceIndex } = splitPermission(permission)
  return namespaceIndex === undefined ? undefined : segments[namespaceIndex]
}

/** Replaces the namespace of a permission that has one. */
function inNamespace(permission: GrantedPermission, namespace: string): GrantedPermission {
  const { segments, namespaceIndex = -1 } = splitPermission(permission)
  return { resource: segments.with(namespaceIndex, namespace).join(':'), action: permission.action }
}

/** Replaces the token's subject with the player's id. */
function forPlayer(permission: GrantedPermission, subject: string, playerId: string): GrantedPermission {
  const { segments, userIndex } = splitPermission(permission)
  if (userIndex === undefined || decodeSegment(segments[userIndex] as string) !== subject) return permission
  return { resource: segments.with(userIndex, encodeSegment(playerId)).join(':'), action: permission.action }
}

function signInsOf(issuers: readonly IssuerSettings[]): readonly SignIn[] {
  return issuers.flatMap(({ issuer, audience, consoleClientId: clientId, consoleScope: scope = 'openid' }) =>
    clientId === undefined ? [] : [{ issuer, audience, clientId, scope }],
  )
}
