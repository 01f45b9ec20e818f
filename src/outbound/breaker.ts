import CircuitBreaker from 'opossum'
import type { HttpResponse, Limits, TargetBreaker } from './outbound.ts'
import { OutboundError, type OutboundFailure } from './outbound-error.ts'

/** Failures in a row after which it opens, however far apart: a server that hangs gives few a minute. */
const FAILURES = 5
const WINDOW = 10_000
/** Requests in a window from which on the rate of failures counts, above a half of them. */
const VOLUME = 10
const OF_THE_SERVER: ReadonlySet<OutboundFailure> = new Set([
  'cannot_resolve',
  'cannot_connect',
  'tls',
  'timeout',
  'dropped',
])

/** An answer that counts as a failure, on its way past opossum. */
class ServerFailure extends Error {
  readonly response: HttpResponse

  constructor(response: HttpResponse) {
    super(`status ${response.status}`)
    this.response = response
  }
}

/** Fails requests at once while their server is away, and lets one through now and then to see whether it is back. */
export class Breaker {
  readonly #host: string
  readonly #firstPause: number
  readonly #circuit: CircuitBreaker<[() => Promise<HttpResponse>], HttpResponse>
  #failures = 0
  #nextTry = 0

  constructor(host: string, { firstPause, longestPause }: Pick<Limits, 'firstPause' | 'longestPause'>) {
    this.#host = host
    this.#firstPause = firstPause
    const options: CircuitBreaker.Options = {
      timeout: false,
      resetTimeout: firstPause,
      volumeThreshold: VOLUME,
      errorThresholdPercentage: 50,
      rollingCountTimeout: WINDOW,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      // What says nothing of the server (it was given up, say) must not close the circuit that it was to try.
      errorFilter: (error) => !isFailure(error) && !this.#circuit.halfOpen,
    }
    this.#circuit = new CircuitBreaker(failingOn5xx, options)
    this.#circuit.on('success', () => {
      this.#failures = 0
    })
    this.#circuit.on('failure', () => {
      this.#failures += 1
      if (this.#failures >= FAILURES) this.#circuit.open()
    })
    this.#circuit.on('open', () => {
      this.#nextTry = performance.now() + (options.resetTimeout ?? firstPause)
    })
    // opossum reads this as it opens: the try fails, and the next pause is longer.
    this.#circuit.on('halfOpen', () => {
      options.resetTimeout = Math.min(longestPause, 2 * (options.resetTimeout ?? firstPause))
    })
    this.#circuit.on('close', () => {
      this.#failures = 0
      options.resetTimeout = firstPause
    })
  }

  get state(): TargetBreaker {
    return this.#circuit.opened ? 'open' : this.#circuit.halfOpen ? 'half_open' : 'closed'
  }

  onChange(listener: (state: TargetBreaker) => void): void {
    this.#circuit.on('open', () => listener('open'))
    this.#circuit.on('halfOpen', () => listener('half_open'))
    this.#circuit.on('close', () => listener('closed'))
  }

  /** @throws OutboundError `circuit_open` while none may be sent */
  check(): void {
    if (this.#circuit.closed || this.#circuit.pendingClose) return
    const wait = this.#circuit.halfOpen ? this.#firstPause : Math.max(0, this.#nextTry - performance.now())
    const message = `${this.#host} failed again and again, and is left alone for a while`
    throw new OutboundError('circuit_open', this.#host, message, Math.ceil(wait))
  }

  /** @throws OutboundError `circuit_open` without doing the work; what the work throws */
  async run(work: () => Promise<HttpResponse>): Promise<HttpResponse> {
    this.check()
    try {
      return await this.#circuit.fire(work)
    } catch (error) {
      if (error instanceof ServerFailure) return error.response
      throw error
    }
  }

  close(): void {
    this.#circuit.shutdown()
  }
}

async function failingOn5xx(work: () => Promise<HttpResponse>): Promise<HttpResponse> {
  const response = await work()
  if (response.status >= 500) throw new ServerFailure(response)
  return response
}

function isFailure(error: unknown): boolean {
  return error instanceof ServerFailure || (error instanceof OutboundError && OF_THE_SERVER.has(error.kind))
}
