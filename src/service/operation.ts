import type { Instant } from '../model/instant.ts'
import type { Demand } from '../model/principal.ts'
import * as right from './authorization.ts'
import type { RecordProgress } from './progress/record-progress.ts'
import type { Call, Services } from './services.ts'

/** A use case, and what it demands of whoever asks for it. */
export interface Operation<Request, Result> {
  readonly run: (services: Services, request: Request, call: Call) => Result
  /** Nobody who is unknown gets past them, whether there are any or not; but for `anybody`. */
  readonly demands: (request: Request) => readonly Demand[]
}

export function operation<Request, Result>(
  run: (services: Services, request: Request, call: Call) => Result,
  demands: (request: Request) => readonly Demand[],
): Operation<Request, Result> {
  return { run, demands }
}

export function reporting({ titleId, playerId, occurredTime }: RecordProgress): readonly Demand[] {
  return [
    right.progress(titleId, playerId, 'update'),
    ...ifStated(occurredTime, right.enforcement(titleId, playerId, 'update')),
  ]
}

/** When something happened is a trusted caller's to state. */
export function ifStated(occurredTime: Instant | undefined, demand: Demand): readonly Demand[] {
  return occurredTime === undefined ? [] : [demand]
}

export function nothing(): readonly Demand[] {
  return []
}

/** Of what is served to whoever asks, with no credential too. */
export function anybody(): readonly Demand[] {
  return []
}

/** Whoever comes by a way that is for trusted callers only must be one. */
export function forTrust(trusted: boolean | undefined, demand: Demand): Demand {
  return trusted ? right.asAdmin(demand) : demand
}
