import type { Metadata } from '@grpc/grpc-js'
import { invalidArgument } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import { authorize } from '../service/authorization.ts'
import type { Authenticate, Call } from '../service/call.ts'
import type { CallKind, CallLimiter } from '../service/call-limiter.ts'
import type { ObserveCall } from '../telemetry/calls.ts'
import type { Logger } from '../telemetry/log.ts'
import type { CallTrace } from '../telemetry/spans.ts'

export interface Wire {
  readonly log: Logger
  /** Called with each call when it ends. */
  readonly onCall: ObserveCall
  readonly authenticate: Authenticate
  /** Shared by all wires. */
  readonly limiter: CallLimiter
}

/** The RPC of a call, and a function that returns the network address of its caller. */
export interface CallSource {
  readonly operation: string
  readonly address: () => string | undefined
}

const WATCH = /\/Watch\w*$/
const MAX_ACTOR_LENGTH = 128

/** Keyed by metadata, the only object that grpc-js passes from the interceptor to the handler. */
const calls = new WeakMap<Metadata, Call>()

/**
 * Authenticates a call by its metadata; the handler gets the result from `callOf`.
 * @throws LaurelError UNAUTHENTICATED, also without a credential; INVALID_ARGUMENT for an invalid actor.
 */
export async function admit(
  metadata: Metadata,
  { authenticate }: Wire,
  source: CallSource,
  signal: AbortSignal,
  trace?: CallTrace,
): Promise<Principal> {
  const header = (name: string) => metadata.get(name)[0]?.toString()
  const call = await authenticatedCall(authenticate, header, source, signal, trace)
  calls.set(metadata, call)
  return call.principal
}

/**
 * Authenticates a caller by the headers of its call.
 * @throws LaurelError UNAUTHENTICATED, also without a credential; INVALID_ARGUMENT for an invalid actor.
 */
export async function authenticatedCall(
  authenticate: Authenticate,
  header: (name: string) => string | undefined,
  { operation, address }: CallSource,
  signal: AbortSignal,
  trace?: CallTrace,
): Promise<Call> {
  const principal = await authenticate(header('authorization'), signal, address)
  if (principal.kind === 'anonymous') authorize(principal, [])
  return { signal, principal, actor: actorIn(header('laurel-actor'), principal), operation, trace }
}

/** Returns the name of an RPC in records. @param path of the RPC: `/laurel.v1.TitleService/GetTitle` */
export function operationOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

/** @param path of the RPC: `/laurel.v1.TitleService/GetTitle` */
export function callKindOf(path: string, isStream: boolean): CallKind {
  if (WATCH.test(path)) return 'watch'
  return isStream ? 'stream' : 'unary'
}

/** Returns the operations' view of a call. Its signal aborts when the caller cancels or the deadline passes. */
export function callOf({ metadata }: { readonly metadata: Metadata }): Call {
  const call = calls.get(metadata)
  if (call === undefined) throw new Error('a handler was called without admission')
  return call
}

/** A trusted caller may name the actor that it acts for, beside its own name; a player is always its own actor. */
function actorIn(actor: string | undefined, principal: Principal): string {
  if (actor === undefined || principal.kind === 'player') return principal.name
  if (/^[\x20-\x7e]+$/.test(actor) && actor.length <= MAX_ACTOR_LENGTH) return `${principal.name} (${actor})`
  const message = `must be 1 to ${MAX_ACTOR_LENGTH} printable ASCII characters`
  throw invalidArgument([{ field: 'laurel-actor', message }])
}
