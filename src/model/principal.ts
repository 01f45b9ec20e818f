/** Who asks, whichever way in was taken. */
export type Principal = Anonymous | PlayerPrincipal | TrustedPrincipal

/** Nobody who said who they are. */
export interface Anonymous {
  readonly kind: 'anonymous'
  readonly name: 'anonymous'
  readonly rights: readonly []
}

/** Someone who plays, and acts for themselves only: a game client, a browser. */
export interface PlayerPrincipal {
  readonly kind: 'player'
  /** Kept with each change. */
  readonly name: string
  readonly playerId: string
  readonly rights: readonly Right[]
}

/** A service of the studio's own, or a person who operates it: believed in what it says of players. */
export interface TrustedPrincipal {
  readonly kind: 'service' | 'operator'
  readonly name: string
  readonly rights: readonly Right[]
  /** Set where the server checks no credentials, so that the caller may as well be a player's client. */
  readonly unchecked?: true
}

/**
 * What may be done to a resource, in AccelByte's vocabulary: `ADMIN:NAMESPACE:space-race:ACHIEVEMENT`. A segment `*`
 * stands for any one; a last `*` for all that follows too, except straight after NAMESPACE or USER. The namespace is
 * the title's id. A colon inside an id is written `%3A`, a percent sign `%25`.
 */
export interface Right {
  readonly resource: string
  /** The sum of `ACTIONS`. */
  readonly action: number
}

export const ACTIONS = { create: 1, read: 2, update: 4, delete: 8 } as const

export type Action = keyof typeof ACTIONS

/** What an operation needs of who asks for it. */
export interface Permission {
  /** Ids as they are, of any characters. */
  readonly resource: readonly string[]
  readonly action: Action
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous', name: 'anonymous', rights: [] }

/** Stands in a demand for a segment that may be any: some title, whichever. No id is this. */
export const SOME = '\u0000'

/** All rights on everything. */
export const EVERYTHING: readonly Right[] = [{ resource: 'ADMIN:*', action: 15 }]

/** An administrator's right on a resource covers what others may do to it. */
const ADMIN = 'ADMIN'

/**
 * Whether one of the principal's rights covers the demand. A player's rights reach no other player, whatever they
 * say, and never cover what only an administrator may do.
 */
export function isAllowed(principal: Principal, { resource, action }: Permission): boolean {
  if (principal.kind === 'player' && !isOwn(principal, resource)) return false
  return principal.rights.some(
    (right) => (right.action & ACTIONS[action]) !== 0 && covers(right.resource.split(':'), resource),
  )
}

/** The demand as a right that would meet it. */
export function formatPermission({ resource, action }: Permission): string {
  const segments = resource.map((segment) => (segment === SOME ? '{title}' : encode(segment)))
  return `${segments.join(':')} [${action.toUpperCase()}]`
}

/** An id as a segment of a right. */
export function encode(id: string): string {
  return id.replace(/[%:]/g, (sign) => (sign === '%' ? '%25' : '%3A'))
}

function isOwn({ playerId }: PlayerPrincipal, resource: readonly string[]): boolean {
  if (resource[0] === ADMIN) return false
  const user = resource.indexOf('USER')
  return user === -1 || resource[user + 1] === playerId || resource[user + 1] === SOME
}

function covers(granted: readonly string[], wanted: readonly string[]): boolean {
  const [pattern, segments] =
    granted[0] === ADMIN && wanted[0] !== ADMIN ? [granted.slice(1), wanted] : [granted, wanted]
  const last = pattern.length - 1
  const open = pattern[last] === '*' && pattern[last - 1] !== 'NAMESPACE' && pattern[last - 1] !== 'USER'
  if (open ? segments.length < pattern.length : segments.length !== pattern.length) return false
  return pattern.every((part, index) => {
    const segment = segments[index] as string
    return part === '*' || segment === SOME || part === encode(segment)
  })
}
