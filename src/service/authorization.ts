import { LaurelError } from '../model/errors.ts'
import type { Instant } from '../model/instant.ts'
import {
  type Action,
  ALL,
  formatPermission,
  isAllowed,
  type Permission,
  type Placeholder,
  type Principal,
  SOME,
} from '../model/principal.ts'
import type { Call } from './call.ts'
import type { Services } from './services.ts'

/**
 * The callers that an operation admits: all of them; those with a valid credential; or those with every permission that the
 * request requires.
 */
export type Access<Request> = 'public' | 'authenticated' | ((request: Request) => readonly Requirement[])

/** A permission that a request requires. */
export interface Requirement extends Permission {
  /** A request for less, which suffices for callers with another permission. */
  readonly instead?: {
    readonly requires: Permission
    /** Continues "but may". */
    readonly advice: string
  }
}

/** A use case behind its access check, which runs first and throws UNAUTHENTICATED or PERMISSION_DENIED. */
export type Operation<Request, Result> = (services: Services) => (request: Request, call: Call) => Result

export function operation<Request, Result>(
  run: (services: Services, request: Request, call: Call) => Result,
  requires: Access<Request>,
): Operation<Request, Result> {
  return (services) => (request, call) => {
    if (requires !== 'public') {
      authorize(call.principal, requires === 'authenticated' ? [] : requires(request))
    }
    return run(services, request, call)
  }
}

/**
 * @throws LaurelError UNAUTHENTICATED for an anonymous caller, PERMISSION_DENIED naming the first missing permission, and the
 * request that the caller may send instead.
 */
export function authorize(principal: Principal, requires: readonly Requirement[]): void {
  if (principal.kind === 'anonymous') {
    throw new LaurelError('unauthenticated', 'UNAUTHENTICATED', 'the call has no credential: send one')
  }
  const missing = requires.find((permission) => !isAllowed(principal, permission))
  if (missing === undefined) return
  const required = formatPermission(missing)
  const { instead } = missing
  const remedy =
    instead !== undefined && isAllowed(principal, instead.requires)
      ? `, but may ${instead.advice}`
      : ': ask for it, or call with a credential that has it'
  const message = `${principal.name} has no permission ${required}${remedy}`
  throw new LaurelError('permission_denied', 'PERMISSION_DENIED', message, { metadata: { required } })
}

/** A plain id; `ALL`; or `SOME`, for an operation that returns only what the caller may read. */
type Id = string | Placeholder

export { ALL, SOME }

/** A title and its bindings. */
export function title(titleId: Id, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'NAMESPACE'], action }
}

/** A title's definitions with nothing redacted. */
export function definitions(titleId: Id, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'ACHIEVEMENT'], action }
}

/** A title's definitions as players see them. */
export function catalogue(titleId: Id): Permission {
  return { resource: ['NAMESPACE', titleId, 'ACHIEVEMENT'], action: 'read' }
}

/** A player's progress in a title, as the player may read and report it. */
export function progress(titleId: Id, playerId: Id, action: Action): Permission {
  return { resource: ['NAMESPACE', titleId, 'USER', playerId, 'ACHIEVEMENT'], action }
}

/** A player's progress in a title, as only trusted callers may read and change it. */
export function enforcement(titleId: Id, playerId: Id, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'USER', playerId, 'ACHIEVEMENT'], action }
}

/** As `enforcement`, to read. `advice` says how a caller asks for the details that the player may see. */
export function fullView(titleId: Id, playerId: Id, advice: string): Requirement {
  const requires = progress(titleId, playerId === ALL ? SOME : playerId, 'read')
  return { ...enforcement(titleId, playerId, 'read'), instead: { requires, advice } }
}

/** Progress of any one player in any one title: enough to create the player that a first report is about. */
export function someReport(): Permission {
  return { resource: ['NAMESPACE', SOME, 'USER', SOME, SOME], action: 'update' }
}

/** The further permission of a report with a time: only trusted callers may state when something happened. */
export function backdating(report: {
  readonly titleId: string
  readonly playerId: string
  readonly occurredTime: Instant | undefined
}): readonly Requirement[] {
  const { titleId, playerId, occurredTime } = report
  if (occurredTime === undefined) return []
  const advice = 'leave occurred_time unset: the server then takes its own time'
  const requires = progress(titleId, playerId, 'update')
  return [{ ...enforcement(titleId, playerId, 'update'), instead: { requires, advice } }]
}

export function stats(titleId: Id, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'STAT'], action }
}

/** A player's values of a title's stats, as the player may read and report them. */
export function statValues(titleId: Id, playerId: Id, action: Action): Permission {
  return { resource: ['NAMESPACE', titleId, 'USER', playerId, 'STATITEM'], action }
}

/** A player's values of a title's stats, as only trusted callers may read and change them. */
export function statValuesAsAdmin(titleId: Id, playerId: Id, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'USER', playerId, 'STATITEM'], action }
}

/** A title's destinations and their deliveries. */
export function destinations(titleId: Id, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'DESTINATION'], action }
}

/** The audit entries of a title; of `ALL`, also those of players and credentials. */
export function audit(titleId: Id): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', titleId, 'AUDIT'], action: 'read' }
}

/** A player's own record. It belongs to no title. */
export function player(playerId: Id, action: Action): Permission {
  return { resource: ['NAMESPACE', ALL, 'USER', playerId, 'PLAYER'], action }
}

/** A player's record with its accounts, which decide who the player is in every title. */
export function players(playerId: Id, action: Action): Permission {
  return { resource: ['ADMIN', 'NAMESPACE', ALL, 'USER', playerId, 'PLAYER'], action }
}
