import type { ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js'
import { AdmittedCall, type CallHost, type MethodFacts } from './admitted-call.ts'
import type { Wire } from './call.ts'

/** Health and reflection need no credential. */
const PUBLIC = /^\/grpc\./
/** Bytes of one message to a public service, decompressed. */
const PUBLIC_MESSAGE_BYTES = 4096
const STREAM_PROGRESS = '/laurel.v1.ProgressService/StreamProgress'

type Method = Parameters<ServerInterceptor>[0]

/** Lets in the calls of all services, and ends them when the server stops. */
export class Admission {
  readonly #host: CallHost
  readonly #methods = new Map<string, MethodFacts>()
  #isStopping = false

  constructor(wire: Wire) {
    this.#host = { wire, running: new Set() }
  }

  readonly interceptor: ServerInterceptor = (method, next) => {
    const facts = this.#methods.get(method.path) ?? this.#learn(method)
    if (facts.isPublic) limitMessages(next)
    const call = new AdmittedCall(next, facts, this.#host)
    // A connection brings calls until its client has heard that the server stops.
    if (this.#isStopping) queueMicrotask(() => call.end())
    return call
  }

  /** Takes no more calls, and ends the streams that would last for ever. */
  drain(): void {
    this.#isStopping = true
    for (const call of this.#host.running) call.drain()
  }

  /** Ends all calls that still run. */
  end(): void {
    for (const call of this.#host.running) call.end()
  }

  #learn({ path, requestStream, responseStream }: Method): MethodFacts {
    const isPublic = PUBLIC.test(path)
    const mayLast = responseStream && (isPublic || path === STREAM_PROGRESS)
    const kind = requestStream ? 'requests' : 'responses'
    const isStream = requestStream || responseStream
    const facts: MethodFacts = { path, isPublic, isStream, endless: mayLast ? kind : undefined }
    this.#methods.set(path, facts)
    return facts
  }
}

/** The parts of a call in which grpc-js keeps its limit. */
interface LimitedCall {
  maxReceiveMessageSize: number
  readonly decoder: { maxReadMessageLength: number }
}

/**
 * grpc-js has one limit for all methods, and keeps it in each call: what needs no credential is to cost nothing. Its
 * decoder holds it for what is sent, the call for what that becomes when it is decompressed.
 */
function limitMessages(call: ServerInterceptingCallInterface): void {
  const limited = call as unknown as LimitedCall
  limited.maxReceiveMessageSize = PUBLIC_MESSAGE_BYTES
  limited.decoder.maxReadMessageLength = PUBLIC_MESSAGE_BYTES
}
