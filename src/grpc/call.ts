import type { Metadata } from '@grpc/grpc-js'
import { invalidArgument } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import { authorize } from '../service/authorization.ts'
import type { Authenticate, Call } from '../service/services.ts'
import type { Logger } from '../telemetry/log.ts'

/** What grpc-js's calls of all kinds have in common. */
export interface AnyCall {
  readonly cancelled: boolean
  readonly metadata: Metadata
  getPath(): string
}

/** What each kind of method needs to be served. */
export interface Wire {
  readonly log: Logger
  readonly authenticate: Authenticate
}

const LONGEST_ACTOR = 128

/** grpc-js hands the metadata of a call from the interceptor to the handler as it is, and nothing else. */
const calls = new WeakMap<Metadata, Call>()

/**
 * Authenticates a call by its metadata, for its handler to find with `callOf`.
 * @throws LaurelError UNAUTHENTICATED, also where there is no credential; INVALID_ARGUMENT for an actor that cannot be kept.
 */
export async function admit(metadata: Metadata, { authenticate }: Wire, signal: AbortSignal): Promise<void> {
  const principal = await authenticate(metadata.get('authorization')[0]?.toString(), signal)
  if (principal.kind === 'anonymous') authorize(principal, [])
  calls.set(metadata, { signal, principal, actor: actorIn(metadata, principal) })
}

/** Returns what the use cases learn of a call. Its signal aborts when the caller goes away or the deadline passes. */
export function callOf({ metadata }: AnyCall): Call {
  const call = calls.get(metadata)
  if (call === undefined) throw new Error('a call was served that was not admitted')
  return call
}

/** A trusted caller may say on whose behalf it calls; players speak for themselves. */
function actorIn(metadata: Metadata, principal: Principal): string {
  const [actor] = metadata.get('laurel-actor')
  if (actor === undefined || principal.kind === 'player') return principal.name
  const text = actor.toString()
  if (/^[\x20-\x7e]+$/.test(text) && text.length <= LONGEST_ACTOR) return text
  const message = `must be 1 to ${LONGEST_ACTOR} printable ASCII characters`
  throw invalidArgument([{ field: 'laurel-actor', message }])
}
