import { LaurelError } from '../model/errors.ts'
import {
  type Action,
  formatPermission,
  isAllowed,
  type Permission,
  type Principal,
  SOME,
} from '../model/principal.ts'

/** Anything of a kind that belongs to no title: to create one, or to list them all. */
export const ALL = '*'

/** Any one title: what comes back is of those that the caller has the right on. */
export { SOME }

/** A title itself, with its bindings. */
export function title(titleId: string, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'NAMESPACE'], action }
}

/** A title's definitions, as those who write them see them: nothing is hidden. */
export function definitions(titleId: string, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'ACHIEVEMENT'], action }
}

/** A title's definitions, as its platform shows them to players. */
export function catalogue(titleId: string): Permission {
  return { resource: ['NAMESPACE', titleId, 'ACHIEVEMENT'], action: 'read' }
}

/** What one player has of a title's achievements. */
export function progress(titleId: string, playerId: string, action: Action): Permission {
  return { resource: ['NAMESPACE', titleId, 'USER', playerId, 'ACHIEVEMENT'], action }
}

/** Anything that some player does in some title: to report it may make the player. */
export function someReport(): Permission {
  return { resource: ['NAMESPACE', SOME, 'USER', SOME, SOME], action: 'update' }
}

/** What one player has of a title's achievements, for what only trusted callers do or see. */
export function enforcement(titleId: string, playerId: string, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'USER', playerId, 'ACHIEVEMENT'], action }
}

export function stats(titleId: string, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'STAT'], action }
}

/** Where a title's events are delivered, and what became of them. */
export function destinations(titleId: string, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'DESTINATION'], action }
}

/** What one player has of a title's stats. */
export function statValues(titleId: string, playerId: string, action: Action): Permission {
  return { resource: ['NAMESPACE', titleId, 'USER', playerId, 'STATITEM'], action }
}

/** The same in the name of all: for what only trusted callers do or see, where others may do it too. */
export function asAdmin({ resource, action }: Permission): Permission {
  return { resource: ['ADMIN', ...resource], action }
}

/** A player, who is the same in all titles. */
export function player(playerId: string, action: Action): Permission {
  return { resource: ['NAMESPACE', ALL, 'USER', playerId, 'PLAYER'], action }
}

/** Players' accounts decide who is who in all titles. */
export function players(playerId: string, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', ALL, 'USER', playerId, 'PLAYER'], action }
}

/**
 * @throws LaurelError UNAUTHENTICATED for nobody, PERMISSION_DENIED naming the first right that is missing.
 */
export function authorize(principal: Principal, requires: readonly Permission[]): void {
  if (principal.kind === 'anonymous') {
    throw new LaurelError('unauthenticated', 'UNAUTHENTICATED', 'the call has no credential: send one')
  }
  const missing = requires.find((permission) => !isAllowed(principal, permission))
  if (missing === undefined) return
  const required = formatPermission(missing)
  const message = `${principal.name} may not do that: it takes the right ${required}`
  throw new LaurelError('permission_denied', 'PERMISSION_DENIED', message, { metadata: { required } })
}
