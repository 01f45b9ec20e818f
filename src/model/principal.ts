import {
  ADMIN,
  decodeSegment,
  encodeSegment,
  type GrantedPermission,
  splitPermission,
} from './granted-permission.ts'

/** The caller. */
export type Principal = Anonymous | PlayerPrincipal | TrustedPrincipal

/** A caller without a credential. */
export interface Anonymous {
  readonly kind: 'anonymous'
  readonly name: 'anonymous'
  readonly permissions: readonly []
  readonly callsPerSecond?: undefined
}

/** A player's client, such as a game or a browser. It acts for this player only. */
export interface PlayerPrincipal {
  readonly kind: 'player'
  /** A `principalName` of the player's id, stored with each change. */
  readonly name: string
  readonly playerId: string
  readonly permissions: readonly GrantedPermission[]
  /** Undefined for any number. */
  readonly callsPerSecond?: number | undefined
}

/** A service of the studio, or an operator. Its reports about any player are trusted. */
export interface TrustedPrincipal {
  readonly kind: 'service' | 'operator'
  /** A `principalName`, stored with each change. */
  readonly name: string
  readonly permissions: readonly GrantedPermission[]
  readonly callsPerSecond?: number | undefined
  /** Set if the server checks no credentials, so that the caller may be a player's client. */
  readonly unchecked?: true
}

export const ACTIONS = { create: 1, read: 2, update: 4, delete: 8 } as const

export type Action = keyof typeof ACTIONS

/** A permission that an operation requires of its caller. */
export interface Permission {
  /** `ADMIN` at most, then pairs of a keyword and an id, then a keyword. Ids are plain text. */
  readonly resource: readonly (string | Placeholder)[]
  readonly action: Action
}

/**
 * Returns an id as the name of a principal. A parenthesis is percent-encoded, so that no name looks like another one with an
 * actor: `ops (ada)`.
 */
export function principalName(id: string): string {
  return id.replace(/\(|%(?=25|28)/g, (sign) => (sign === '(' ? '%28' : '%25'))
}

export const ANONYMOUS: Anonymous = { kind: 'anonymous', name: 'anonymous', permissions: [] }

/** In place of an id. It is no text, so that no id equals it. */
export interface Placeholder {
  /** For messages. */
  readonly text: string
}

/** All titles or all players, to create or list them. Only a granted `*` covers it. */
export const ALL: Placeholder = { text: '*' }

/** At least one title or player. Any granted segment covers it. */
export const SOME: Placeholder = { text: '{title}' }

export const EVERYTHING: readonly GrantedPermission[] = [{ resource: 'ADMIN:*', action: 15 }]

/**
 * Returns whether one of the principal's permissions covers a required one. A player's permissions never cover another player
 * or an admin permission, whatever their text.
 */
export function isAllowed(principal: Principal, { resource, action }: Permission): boolean {
  if (principal.kind === 'player' && !isOwn(principal, resource)) return false
  return principal.permissions.some(
    (granted) => (granted.action & ACTIONS[action]) !== 0 && covers(granted, resource),
  )
}

/** Returns the text of a permission that a caller would have to be granted. */
export function formatPermission({ resource, action }: Permission): string {
  const segments = resource.map((segment) =>
    typeof segment === 'string' ? encodeSegment(segment) : segment.text,
  )
  return `${segments.join(':')} [${action.toUpperCase()}]`
}

/** Whether a permission without `ADMIN` is of this player, or of no player. The player's id has its fixed position. */
function isOwn({ playerId }: PlayerPrincipal, resource: Permission['resource']): boolean {
  if (resource[0] === ADMIN) return false
  return resource[2] !== 'USER' || resource[3] === playerId || resource[3] === SOME
}

function covers(permission: GrantedPermission, required: Permission['resource']): boolean {
  const { segments, namespaceIndex, userIndex } = splitPermission(permission)
  const last = segments.length - 1
  const isOpen = segments[last] === '*' && last !== namespaceIndex && last !== userIndex
  // The prefix of an admin permission is skipped where none is required.
  const skipped = segments[0] === ADMIN && required[0] !== ADMIN ? 1 : 0
  const length = segments.length - skipped
  if (isOpen ? required.length < length : required.length !== length) return false
  const firstId = required[0] === ADMIN ? 2 : 1
  return segments.slice(skipped).every((granted, index) => {
    const segment = required[index]
    if (granted === '*' || segment === SOME) return true
    const isId = index >= firstId && (index - firstId) % 2 === 0
    return (isId ? decodeSegment(granted) : granted) === segment
  })
}
