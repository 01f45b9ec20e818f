import {
  type Metadata,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  status as Status,
} from '@grpc/grpc-js'
import { LaurelError, serverStopping } from '../model/errors.ts'
import { type AnyCall, admit, type Wire } from './call.ts'
import { logFault, toServiceError } from './status.ts'

type Listener = Parameters<ServerInterceptingCallInterface['start']>[0]
type FinalStatus = Parameters<ServerInterceptingCallInterface['sendStatus']>[0]

/** What is known of a method before it is called. */
export interface MethodFacts {
  readonly path: string
  readonly isStream: boolean
  /** Whether it is served without a credential. */
  readonly isPublic: boolean
  /** Set for a stream that only the caller ends: by its last request, or by going away. */
  readonly endless: 'requests' | 'responses' | undefined
}

/** What calls of all methods have in common. */
export interface CallHost {
  readonly wire: Wire
  /** All calls that run. */
  readonly running: Set<AdmittedCall>
}

/** Shared by all calls, because creating one captures a stack that nobody reads. */
const CANCELLED = new DOMException('the call was cancelled', 'AbortError')

/**
 * A call between grpc-js and its handler, to each of which it stands for the other. grpc-js reads nothing of a call, and
 * decompresses nothing, before the handler has its metadata: so the metadata waits here until the caller is authenticated.
 */
export class AdmittedCall extends ServerInterceptingCall implements Listener {
  readonly #next: ServerInterceptingCallInterface
  readonly #method: MethodFacts
  readonly #host: CallHost
  #controller: AbortController | undefined
  #handler: Listener | undefined
  #isOpen = false
  /** grpc-js reports the end of every call as a cancellation. */
  #hasStatus = false
  #isOver = false
  #isDraining = false
  /** Responses that are not on their way yet, and whether the next request is wanted meanwhile. */
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
    if (this.#method.isPublic) this.#open(metadata)
    else void this.#admit(metadata)
  }

  onReceiveMessage(message: unknown): void {
    if (message instanceof LaurelError) this.sendStatus(toServiceError(message))
    else if (!this.#isDraining) this.#handler?.onReceiveMessage(message)
  }

  onReceiveHalfClose(): void {
    if (!this.#isDraining) this.#handler?.onReceiveHalfClose()
  }

  onCancel(): void {
    this.#isOver = true
    this.#host.running.delete(this)
    // What a unary call asked for is done when it has its status; a stream may have left something running.
    if (!this.#hasStatus || this.#method.isStream) this.#controller?.abort(CANCELLED)
    if (this.#isOpen) this.#handler?.onCancel()
  }

  override sendMetadata(metadata: Metadata): void {
    this.#next.sendMetadata(metadata)
  }

  override sendMessage(message: unknown, callback: () => void): void {
    // A handler that was cut off may not have noticed yet.
    if (this.#hasStatus) return
    if (this.#method.isPublic && this.#method.isStream) this.#sendCounted(message, callback)
    else this.#next.sendMessage(message, callback)
  }

  override sendStatus(status: FinalStatus): void {
    this.#hasStatus = true
    const isCut = this.#isDraining && status.code === Status.OK
    this.#next.sendStatus(isCut ? toServiceError(serverStopping()) : status)
  }

  override startRead(): void {
    this.#wantsRead = this.#unsent > 0
    if (!this.#wantsRead) this.#next.startRead()
  }

  /** Ends a stream that would last for ever, after the answers to what it has sent. Others go on to their own end. */
  drain(): void {
    const { endless } = this.#method
    if (endless === undefined || this.#isDraining) return
    if (endless === 'responses' || !this.#isOpen) this.end()
    else {
      this.#isDraining = true
      this.#handler?.onReceiveHalfClose()
    }
  }

  /** Ends the call, whatever it is at. */
  end(): void {
    if (!this.#isOver) this.sendStatus(toServiceError(serverStopping()))
    this.#controller?.abort(CANCELLED)
  }

  /** The library behind reflection answers every request at once: so it gets the next one when the last answer was sent. */
  #sendCounted(message: unknown, callback: () => void): void {
    this.#unsent += 1
    this.#next.sendMessage(message, () => {
      this.#unsent -= 1
      callback()
      if (this.#wantsRead && this.#unsent === 0) this.startRead()
    })
  }

  async #admit(metadata: Metadata): Promise<void> {
    const { wire } = this.#host
    const controller = new AbortController()
    this.#controller = controller
    try {
      await admit(metadata, wire, controller.signal)
      if (!this.#isOver && !this.#hasStatus) this.#open(metadata)
    } catch (error) {
      const { path } = this.#method
      const call: AnyCall = { metadata, cancelled: this.#isOver, getPath: () => path }
      logFault(wire.log, call, error)
      this.sendStatus(toServiceError(error))
    }
  }

  #open(metadata: Metadata): void {
    this.#isOpen = true
    this.#handler?.onReceiveMetadata(metadata)
  }
}
