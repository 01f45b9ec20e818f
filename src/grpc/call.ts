import type { Metadata } from '@grpc/grpc-js'
import { invalidArgument } from '../model/errors.ts'
import type { Principal } from '../model/principal.ts'
import type { Authenticate, Call } from '../service/services.ts'
import type { Logger } from '../telemetry/log.ts'

/** What grpc-js's calls of all kinds have in common. */
export interface AnyCall {
  readonly cancelled: boolean
  readonly metadata: Metadata
  getPath(): string
  once(event: 'cancelled', listener: () => void): unknown
}

/** What each kind of method needs to be served. */
export interface Wire {
  readonly log: Logger
  readonly authenticate: Authenticate
}

/** One for all: to make one looks at the stack, and nobody does. */
const CANCELLED = new DOMException('the call was cancelled', 'AbortError')

const LONGEST_ACTOR = 128

/** What the use cases learn of a call. Its signal aborts when the caller goes away or the deadline passes. */
export async function callOf({ authenticate }: Wire, call: AnyCall): Promise<Call> {
  const controller = new AbortController()
  call.once('cancelled', () => controller.abort(CANCELLED))
  if (call.cancelled) controller.abort(CANCELLED)
  const { signal } = controller
  const principal = await authenticate(call.metadata.get('authorization')[0]?.toString(), signal)
  return { signal, principal, actor: actorIn(call.metadata, principal) }
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
