import { ByteLimiter } from '../model/byte-limiter.ts'
import { LaurelError } from '../model/errors.ts'
import { instantFromMilliseconds } from '../model/instant.ts'
import { LIMITS } from '../model/limits.ts'
import type { Principal } from '../model/principal.ts'
import { RateLimiter } from '../model/rate-limiter.ts'
import { Semaphore } from '../model/semaphore.ts'

/**
 * `unary`: a call with one response. `stream`: a call that works until it ends, such as an import. `watch`: a stream that
 * mostly waits.
 */
export type CallKind = 'unary' | 'stream' | 'watch'

type Limits = Readonly<Record<CallKind, number>>

/** The most calls of each kind that one caller has open in this process. */
const MAX_OPEN: Readonly<Record<Principal['kind'], Limits>> = {
  anonymous: { unary: 256, stream: 0, watch: 256 },
  player: { unary: 32, stream: 4, watch: 16 },
  service: { unary: 4096, stream: 64, watch: 1000 },
  operator: { unary: 4096, stream: 64, watch: 1000 },
}

type Side = 'request' | 'response'

/**
 * The most bytes of requests that the open calls of one caller hold in this process, for services a form with the largest file; and
 * of responses that it has not read, for services a hundred pages of ordinary lists.
 */
const MAX_BYTES: Readonly<Record<Principal['kind'], Readonly<Record<Side, number>>>> = {
  // Together: players' clients load pictures without a credential.
  anonymous: { request: LIMITS.messageBytes, response: 64 * 2 ** 20 },
  player: { request: 2 * LIMITS.messageBytes, response: 4 * LIMITS.messageBytes },
  service: { request: 17 * 2 ** 20, response: 64 * 2 ** 20 },
  operator: { request: 17 * 2 ** 20, response: 64 * 2 ** 20 },
}
const MAX_BYTES_OF_ALL: Readonly<Record<Side, number>> = { request: 256 * 2 ** 20, response: 512 * 2 ** 20 }

/** Unary calls that run at the same time; others wait, and their callers take turns. */
const MAX_RUNNING = 512
const MAX_WAITING = 8192

/** A rate counts the calls of this time. */
const RATE_PERIOD_SECONDS = 10

/**
 * Limits the calls that one caller has open and starts, and the bytes of their requests and responses, so that it neither fills
 * the memory of the process nor delays other callers. Each process counts by itself.
 */
export class CallLimiter {
  /** By caller and kind, the count of open calls. */
  readonly #open = new Map<string, number>()
  readonly #semaphore = new Semaphore(MAX_RUNNING, MAX_WAITING)
  readonly #rates = new RateLimiter()
  readonly #bytes = {
    request: new ByteLimiter(MAX_BYTES_OF_ALL.request),
    response: new ByteLimiter(MAX_BYTES_OF_ALL.response),
  }

  /**
   * Opens a call; `close` must be called once when it has ended.
   * @throws LaurelError RESOURCE_EXHAUSTED: RATE_LIMITED, TOO_MANY_REQUESTS
   */
  open(principal: Principal, kind: CallKind): OpenCall {
    const error = this.count(principal)
    if (error !== undefined) throw error
    const caller = callerOf(principal)
    const key = `${kind} ${caller}`
    const open = this.#open.get(key) ?? 0
    const limit = MAX_OPEN[principal.kind][kind]
    if (open >= limit) throw tooManyCalls(kind, limit)
    this.#open.set(key, open + 1)
    const close = () => {
      const left = (this.#open.get(key) ?? 0) - 1
      if (left > 0) this.#open.set(key, left)
      else this.#open.delete(key)
    }
    const semaphore = kind === 'unary' ? this.#semaphore : undefined
    return new OpenCall({ semaphore, bytes: this.#bytes, maxBytes: MAX_BYTES[principal.kind], caller, close })
  }

  /** Counts a call, or a message of a stream, against its caller's rate. Returns RATE_LIMITED if there are too many. */
  count(principal: Principal): LaurelError | undefined {
    const { callsPerSecond } = principal
    if (callsPerSecond === undefined) return undefined
    const rate = {
      key: callerOf(principal),
      limit: callsPerSecond * RATE_PERIOD_SECONDS,
      periodSeconds: RATE_PERIOD_SECONDS,
    }
    return this.#rates.count(rate, instantFromMilliseconds(Date.now())).error
  }
}

interface CallParts {
  readonly semaphore: Semaphore | undefined
  readonly bytes: Readonly<Record<Side, ByteLimiter>>
  readonly maxBytes: Readonly<Record<Side, number>>
  readonly caller: string
  readonly close: () => void
}

/** A call that counts as open. */
export class OpenCall {
  readonly #parts: CallParts
  readonly #reserved = { request: 0, response: 0 }
  #hasTurn = false
  #isClosed = false

  constructor(parts: CallParts) {
    this.#parts = parts
  }

  /** The key by which callers take turns. */
  get caller(): string {
    return this.#parts.caller
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Waits for the call's turn; undefined if it may run at once.
   * @throws LaurelError TOO_MANY_REQUESTS if too many calls wait; the signal's reason if it is aborted
   */
  turn(signal: AbortSignal): Promise<void> | undefined {
    const { semaphore, caller } = this.#parts
    if (semaphore === undefined || this.#isClosed) return undefined
    if (semaphore.tryAcquire()) {
      this.#hasTurn = true
      return undefined
    }
    return semaphore.acquire(signal, caller).then(() => {
      this.#hasTurn = true
      if (this.#isClosed) this.#release()
    })
  }

  /** Ends the turn: the work of the call is done, although its caller may not have read the response. */
  endTurn(): void {
    this.#release()
  }

  /**
   * Counts bytes as held until the call is closed. To be called before they are kept.
   * @throws LaurelError TOO_MANY_REQUESTS if the caller, or all callers together, hold too many
   */
  reserve(bytes: number, side: Side = 'request'): void {
    const { bytes: limiters, caller, maxBytes } = this.#parts
    if (this.#isClosed) return
    if (!limiters[side].tryAcquire(caller, bytes, maxBytes[side])) throw tooManyBytes(side, maxBytes[side])
    this.#reserved[side] += bytes
  }

  /** Ends the counting of bytes that the call no longer holds, such as those of a message of a stream that its handler has. */
  release(bytes: number, side: Side = 'request'): void {
    const { bytes: limiters, caller } = this.#parts
    if (this.#isClosed) return
    limiters[side].release(caller, bytes)
    this.#reserved[side] -= bytes
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const { bytes, caller, close } = this.#parts
    close()
    bytes.request.release(caller, this.#reserved.request)
    bytes.response.release(caller, this.#reserved.response)
    this.#release()
  }

  #release(): void {
    if (!this.#hasTurn) return
    this.#hasTurn = false
    this.#parts.semaphore?.release()
  }
}

/** Returns a key of the caller: principals of different kinds may have one name. */
export function callerOf({ kind, name }: Principal): string {
  return `${kind} ${name}`
}

function tooManyCalls(kind: CallKind, limit: number): LaurelError {
  const noun = { unary: 'calls', stream: 'streams', watch: 'watches' }[kind]
  const message = `the caller has ${limit} ${noun} open, as many as it may: close one first`
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, {
    retryAfter: 1,
    metadata: { limit: String(limit) },
  })
}

function tooManyBytes(side: Side, limit: number): LaurelError {
  const of = { request: 'the requests of', response: 'the unread responses to' }[side]
  const message = `${of} the caller's open calls are more than ${limit} bytes, or those of all callers fill the server's memory: try again when other calls have ended`
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, {
    retryAfter: 1,
    metadata: { limit: String(limit) },
  })
}
