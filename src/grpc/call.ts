import type { Metadata } from '@grpc/grpc-js'
import { invalidArgument } from '../model/errors.ts'
import type { Call } from '../service/services.ts'

/** What grpc-js's calls of all kinds have in common. */
export interface AnyCall {
  readonly cancelled: boolean
  readonly metadata: Metadata
  getPath(): string
  once(event: 'cancelled', listener: () => void): unknown
}

const LONGEST_ACTOR = 128

/** What the use cases learn of a call. Its signal aborts when the caller goes away or the deadline passes. */
export function callOf(call: AnyCall): Call {
  const controller = new AbortController()
  call.once('cancelled', () => controller.abort())
  if (call.cancelled) controller.abort()
  return { signal: controller.signal, actor: actorIn(call.metadata) }
}

function actorIn(metadata: Metadata): string {
  const [actor] = metadata.get('laurel-actor')
  if (actor === undefined) return 'service'
  const text = actor.toString()
  if (/^[\x20-\x7e]+$/.test(text) && text.length <= LONGEST_ACTOR) return text
  const message = `must be 1 to ${LONGEST_ACTOR} printable ASCII characters`
  throw invalidArgument([{ field: 'laurel-actor', message }])
}
