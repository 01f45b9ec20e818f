import type { Instant } from '../model/instant.ts'
import type { Permission } from '../model/principal.ts'
import * as right from './authorization.ts'
import type { RecordProgress } from './progress/writer/contract.ts'
import type { Call, Services } from './services.ts'

/** A use case, and what it demands of whoever asks for it. */
export interface Operation<Request, Result> {
  readonly run: (services: Services, request: Request, call: Call) => Result
  /** Nobody who is unknown gets past them, whether there are any or not; but for `anybody`. */
  readonly requires: (request: Request) => readonly Permission[]
}

export function operation<Request, Result>(
  run: (services: Services, request: Request, call: Call) => Result,
  requires: (request: Request) => readonly Permission[],
): Operation<Request, Result> {
  return { run, requires }
}

export function reporting({ titleId, playerId, occurredTime }: RecordProgress): readonly Permission[] {
  return [
    right.progress(titleId, playerId, 'update'),
    ...ifStated(occurredTime, right.enforcement(titleId, playerId, 'update')),
  ]
}

/** When something happened is a trusted caller's to state. */
export function ifStated(occurredTime: Instant | undefined, permission: Permission): readonly Permission[] {
  return occurredTime === undefined ? [] : [permission]
}

export function authenticated(): readonly Permission[] {
  return []
}

/** Of what is served to whoever asks, with no credential too. */
export function publicAccess(): readonly Permission[] {
  return []
}

/** Whoever comes by a way that is for trusted callers only must be one. */
export function requireAdmin(trusted: boolean | undefined, permission: Permission): Permission {
  return trusted ? right.asAdmin(permission) : permission
}

/** A document that is sent beside a request. */
export type WithContent<Options> = Options & { readonly content: AsyncIterable<Uint8Array> }
