import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js'
import { AdmittedCall, type CallHost, type MethodFacts } from './admitted-call.ts'
import { callKindOf, operationOf, type Wire } from './call.ts'
import { UnhashedSet } from './unhashed-set.ts'

/** Health: no credential is required. */
const PUBLIC = /^\/grpc\.health\./
/** Health and reflection: their messages are small. */
const BUILT_IN = /^\/grpc\./
/** The maximum size of a decompressed message to health or reflection. */
const BUILT_IN_MESSAGE_BYTES = 4096
const STREAM_PROGRESS = '/laurel.v1.ProgressService/StreamProgress'

type Method = Parameters<ServerInterceptor>[0]

/** Authenticates the calls of all services, and ends them when the server stops. */
export class Admission {
  readonly #host: CallHost
  readonly #methods = new Map<string, MethodFacts>()
  #isStopping = false

  constructor(wire: Wire) {
    this.#host = { wire, running: new UnhashedSet() }
  }

  readonly interceptor: ServerInterceptor = (method, next) => {
    const facts = this.#methods.get(method.path) ?? this.#addFacts(method)
    if (facts.isBuiltIn) limitMessages(next)
    const call = new AdmittedCall(next, facts, this.#host)
    // A client sends calls until it has received the GOAWAY frame.
    if (this.#isStopping) queueMicrotask(() => call.end())
    return call
  }

  /** Rejects new calls, and ends unbounded streams. */
  drain(): void {
    this.#isStopping = true
    for (const call of this.#host.running.members()) call.drain()
  }

  /** Ends all running calls. */
  end(): void {
    for (const call of this.#host.running.members()) call.end()
  }

  #addFacts({ path, requestStream, responseStream }: Method): MethodFacts {
    const isPublic = PUBLIC.test(path)
    const isBuiltIn = BUILT_IN.test(path)
    const mayLast = responseStream && (isBuiltIn || path === STREAM_PROGRESS)
    const kind = requestStream ? 'requests' : 'responses'
    const isStream = requestStream || responseStream
    const callKind = callKindOf(path, isStream)
    const endless = mayLast ? kind : undefined
    const hasOneRequest = !requestStream
    const operation = operationOf(path)
    const facts: MethodFacts = {
      path,
      operation,
      isPublic,
      isBuiltIn,
      isStream,
      callKind,
      hasOneRequest,
      endless,
    }
    this.#methods.set(path, facts)
    return facts
  }
}

/** Lowers grpc-js's message limit for one call: calls to health and reflection cost little. */
function limitMessages(call: ServerInterceptingCallInterface): void {
  const limited = call as unknown as { maxReceiveMessageSize: number }
  limited.maxReceiveMessageSize = BUILT_IN_MESSAGE_BYTES
}
