/** The caller. */
export type Principal = Anonymous | PlayerPrincipal | TrustedPrincipal

/** A caller without a credential. */
export interface Anonymous {
  readonly kind: 'anonymous'
  readonly name: 'anonymous'
  readonly rights: readonly []
  readonly callsPerSecond?: undefined
}

/** A player's client, such as a game or a browser. It acts for this player only. */
export interface PlayerPrincipal {
  readonly kind: 'player'
  /** Stored with each change. */
  readonly name: string
  readonly playerId: string
  readonly rights: readonly Right[]
  /** Undefined for any number. */
  readonly callsPerSecond?: number | undefined
}

/** A service of the studio, or an operator. Its reports about any player are trusted. */
export interface TrustedPrincipal {
  readonly kind: 'service' | 'operator'
  readonly name: string
  readonly rights: readonly Right[]
  readonly callsPerSecond?: number | undefined
  /** Set if the server checks no credentials, so that the caller may be a player's client. */
  readonly unchecked?: true
}

/**
 * A granted permission, in AccelByte's vocabulary: `ADMIN:NAMESPACE:space-race:ACHIEVEMENT`. A segment `*` matches any one
 * segment; a last `*` matches all further segments too, except straight after NAMESPACE or USER. The namespace is the
 * title's id. A colon inside an id is written `%3A`, a percent sign `%25`.
 */
export interface Right {
  readonly resource: string
  /** The sum of the allowed `ACTIONS`. */
  readonly action: number
}

export const ACTIONS = { create: 1, read: 2, update: 4, delete: 8 } as const

export type Action = keyof typeof ACTIONS

/** A permission that an operation requires of its caller. */
export interface Permission {
  /** Ids unescaped. */
  readonly resource: readonly string[]
  readonly action: Action
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous', name: 'anonymous', rights: [] }

/** A segment of a required permission that any granted segment matches: some title. No id has this value. */
export const SOME = '\u0000'

export const EVERYTHING: readonly Right[] = [{ resource: 'ADMIN:*', action: 15 }]

/** A granted admin permission covers the same permission without the prefix. */
const ADMIN = 'ADMIN'

/**
 * Returns whether one of the principal's rights covers the permission. A player's rights never cover another player or an
 * admin permission, whatever their text.
 */
export function isAllowed(principal: Principal, { resource, action }: Permission): boolean {
  if (principal.kind === 'player' && !isOwn(principal, resource)) return false
  return principal.rights.some(
    (right) => (right.action & ACTIONS[action]) !== 0 && covers(right.resource.split(':'), resource),
  )
}

/** Returns the text of a right that would cover the permission. */
export function formatPermission({ resource, action }: Permission): string {
  const segments = resource.map((segment) => (segment === SOME ? '{title}' : encode(segment)))
  return `${segments.join(':')} [${action.toUpperCase()}]`
}

/** Returns an id as an escaped segment of a right. */
export function encode(id: string): string {
  return id.replace(/[%:]/g, (sign) => (sign === '%' ? '%25' : '%3A'))
}

function isOwn({ playerId }: PlayerPrincipal, resource: readonly string[]): boolean {
  if (resource[0] === ADMIN) return false
  const user = resource.indexOf('USER')
  return user === -1 || resource[user + 1] === playerId || resource[user + 1] === SOME
}

function covers(granted: readonly string[], required: readonly string[]): boolean {
  const [pattern, segments] =
    granted[0] === ADMIN && required[0] !== ADMIN ? [granted.slice(1), required] : [granted, required]
  const last = pattern.length - 1
  const open = pattern[last] === '*' && pattern[last - 1] !== 'NAMESPACE' && pattern[last - 1] !== 'USER'
  if (open ? segments.length < pattern.length : segments.length !== pattern.length) return false
  return pattern.every((part, index) => {
    const segment = segments[index] as string
    return part === '*' || segment === SOME || part === encode(segment)
  })
}
