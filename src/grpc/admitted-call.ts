import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  status as Status,
} from '@grpc/grpc-js'
import { LaurelError, serverStopping } from '../model/errors.ts'
import { ANONYMOUS, type Principal } from '../model/principal.ts'
import type { CallKind, OpenCall } from '../service/call-limiter.ts'
import { type CallTrace, startCallTrace } from '../telemetry/spans.ts'
import { admit, type CallSource, type Wire } from './call.ts'
import { countMessages } from './counted-messages.ts'
import { failureBehind, toServiceError } from './status.ts'
import type { UnhashedSet } from './unhashed-set.ts'

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0]
type FinalStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0]

/** The properties of a method that admission needs. */
export interface MethodFacts {
  readonly path: string
  readonly operation: string
  readonly isStream: boolean
  readonly callKind: CallKind
  readonly hasOneRequest: boolean
  /** Whether no credential is required. */
  readonly isPublic: boolean
  /** Whether the method is of a library, health or reflection, which sends responses regardless of the reader. */
  readonly isBuiltIn: boolean
  /** Set for an unbounded stream, which only the caller ends: with its last request, or by cancelling. */
  readonly endless: 'requests' | 'responses' | undefined
}

/** State that all calls share. */
export interface CallHost {
  readonly wire: Wire
  readonly running: UnhashedSet<AdmittedCall>
}

/** Shared by all calls, because creating an error captures a stack trace. */
const CANCELLED = new DOMException('the call was cancelled', 'AbortError')

/**
 * A call between grpc-js and its handler. grpc-js neither reads nor decompresses messages before the handler has the
 * metadata, so the metadata is held back until the caller is authenticated.
 */
export class AdmittedCall extends ServerInterceptingCall implements Listener {
  /** Where `running` has the call. */
  position = 0

  readonly #next: ServerInterceptingCallInterface
  readonly #method: MethodFacts
  readonly #host: CallHost
  readonly #startTime = performance.now()
  #metadata: Metadata | undefined
  #trace: CallTrace | undefined
  #controller: AbortController | undefined
  #principal: Principal = ANONYMOUS
  /** Set when the call is counted as open. */
  #counted: OpenCall | undefined
  #handler: Listener | undefined
  #isOpen = false
  /** Distinguishes a finished call from a cancelled one: grpc-js reports both as a cancellation. */
  #hasStatus = false
  #isOver = false
  #isDraining = false
  /** The number of unsent responses, and whether the handler has requested the next message meanwhile. */
  #unsent = 0
  #wantsRead = false

  constructor(next: ServerInterceptingCallInterface, method: MethodFacts, host: CallHost) {
    super(next)
    this.#next = next
    this.#method = method
    this.#host = host
    host.running.add(this)
  }

  override start(handler: Listener): void {
    this.#handler = handler
    this.#next.start(this)
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#metadata = metadata
    this.#trace = startCallTrace('grpc', this.#method.path.slice(1), (name) =>
      metadata.get(name)[0]?.toString(),
    )
    void this.#admit(metadata)
  }

  onReceiveMessage(message: unknown): void {
    const isStream = this.#method.callKind === 'stream'
    const error =
      message instanceof LaurelError ? message : isStream && this.#host.wire.limiter.count(this.#principal)
    if (error) this.sendStatus(toServiceError(error))
    else if (!this.#isDraining) this.#handler?.onReceiveMessage(message)
  }

  onReceiveHalfClose(): void {
    if (!this.#isDraining) this.#handler?.onReceiveHalfClose()
  }

  onCancel(): void {
    this.#isOver = true
    if (!this.#hasStatus) this.#observe({ code: Status.CANCELLED, metadata: null })
    this.#host.running.delete(this)
    this.#counted?.close()
    // A unary call is complete with its status; the handler of a stream may still be running.
    if (!this.#hasStatus || this.#method.isStream) this.#controller?.abort(CANCELLED)
    if (this.#isOpen) this.#handler?.onCancel()
  }

  override sendMetadata(metadata: Metadata): void {
    this.#next.sendMetadata(metadata)
  }

  override sendMessage(message: unknown, callback: () => void): void {
    // The call may have ended without the handler's knowledge.
    if (this.#hasStatus) return
    if (this.#method.isBuiltIn && this.#method.isStream) this.#sendCounted(message, callback)
    else this.#next.sendMessage(message, callback)
  }

  override sendStatus(status: FinalStatus): void {
    const isCut = this.#isDraining && status.code === Status.OK
    const final = isCut ? toServiceError(serverStopping()) : status
    if (!this.#hasStatus && !this.#isOver) this.#observe(final)
    this.#hasStatus = true
    this.#counted?.endTurn()
    this.#next.sendStatus(final)
  }

  override startRead(): void {
    this.#wantsRead = this.#unsent > 0
    if (!this.#wantsRead) this.#next.startRead()
  }

  /** Ends an unbounded stream after the responses to its received requests. Other calls continue. */
  drain(): void {
    const { endless } = this.#method
    if (endless === undefined || this.#isDraining) return
    if (endless === 'responses' || !this.#isOpen) this.end()
    else {
      this.#isDraining = true
      this.#handler?.onReceiveHalfClose()
    }
  }

  /** Ends the call at once. */
  end(): void {
    if (!this.#isOver) this.sendStatus(toServiceError(serverStopping()))
    this.#controller?.abort(CANCELLED)
  }

  /** Adds backpressure to reflection, whose library answers every request at once: the next request is read after the last response was sent. */
  #sendCounted(message: unknown, callback: () => void): void {
    this.#unsent += 1
    this.#next.sendMessage(message, () => {
      this.#unsent -= 1
      callback()
      if (this.#wantsRead && this.#unsent === 0) this.startRead()
    })
  }

  /** Authenticates the caller, counts the call as open, and lets its messages come. */
  async #admit(metadata: Metadata): Promise<void> {
    const { wire } = this.#host
    const controller = new AbortController()
    this.#controller = controller
    try {
      if (!this.#method.isPublic)
        this.#principal = await admit(metadata, wire, this.#source, controller.signal, this.#trace)
      if (this.#isEnded) return
      this.#counted = wire.limiter.open(this.#principal, this.#method.callKind)
      const { hasOneRequest } = this.#method
      const refuse = (error: unknown) => this.sendStatus(toServiceError(error))
      const { signal } = controller
      countMessages(this.#next, { metadata, counted: this.#counted, signal, hasOneRequest, refuse })
      this.#open(metadata)
    } catch (error) {
      this.sendStatus(toServiceError(error))
    }
  }

  #observe({ code, metadata }: Pick<FinalStatus, 'code' | 'metadata'>): void {
    this.#host.wire.onCall({
      system: 'grpc',
      method: this.#method.path.slice(1),
      code: Status[code],
      principal: this.#principal === ANONYMOUS ? undefined : this.#principal.name,
      startTime: this.#startTime,
      ...failureBehind(metadata),
      trace: this.#trace,
      traceParent: () => this.#metadata?.get('traceparent')[0]?.toString(),
    })
  }

  get #source(): CallSource {
    // The address of a peer ends in its port.
    const address = () => this.#next.getPeer().replace(/:\d+$/, '')
    return { operation: this.#method.operation, address }
  }

  get #isEnded(): boolean {
    return this.#isOver || this.#hasStatus
  }

  #open(metadata: Metadata): void {
    this.#isOpen = true
    this.#handler?.onReceiveMetadata(metadata)
  }
}
