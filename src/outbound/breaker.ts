import CircuitBreaker from 'opossum'
import type { HttpResponse, Limits, TargetBreaker } from './contract.ts'
import { OutboundError, type OutboundFailure } from './outbound-error.ts'

/** Failures in a row that open it, however far apart: a server that hangs causes only a few per minute. */
const MAX_FAILURES_IN_A_ROW = 5
const WINDOW_MILLISECONDS = 10_000
/** From so many requests in the window, a failure rate above 50 % opens it. */
const MIN_REQUESTS_FOR_RATE = 10
const SERVER_FAILURES: ReadonlySet<OutboundFailure> = new Set([
  'cannot_resolve',
  'cannot_connect',
  'tls',
  'timeout',
  'dropped',
])

type Response = Pick<HttpResponse, 'status'>

/** Carries a 5xx response through opossum, which counts only errors. */
class ServerFailure extends Error {
  readonly response: Response

  constructor(response: Response) {
    super(`status ${response.status}`)
    this.response = response
  }
}

/** Fails requests at once while the server is down, and lets one through after each pause to probe it. */
export class Breaker {
  readonly #host: string
  readonly #firstPause: number
  readonly #circuit: CircuitBreaker<[() => Promise<Response>], Response>
  #failures = 0
  #nextProbeTime = 0

  constructor(host: string, limits: Limits) {
    const { firstPauseMilliseconds: firstPause, maxPauseMilliseconds: maxPause } = limits
    this.#host = host
    this.#firstPause = firstPause
    const options: CircuitBreaker.Options = {
      timeout: false,
      resetTimeout: firstPause,
      volumeThreshold: MIN_REQUESTS_FOR_RATE,
      errorThresholdPercentage: 50,
      rollingCountTimeout: WINDOW_MILLISECONDS,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      // An error that says nothing about the server, such as an abort, must not close the circuit when it ends a probe.
      errorFilter: (error) => !isFailure(error) && !this.#circuit.halfOpen,
    }
    this.#circuit = new CircuitBreaker(failingOn5xx, options)
    this.#circuit.on('success', () => {
      this.#failures = 0
    })
    this.#circuit.on('failure', () => {
      this.#failures += 1
      if (this.#failures >= MAX_FAILURES_IN_A_ROW) this.#circuit.open()
    })
    this.#circuit.on('open', () => {
      this.#nextProbeTime = performance.now() + (options.resetTimeout ?? firstPause)
    })
    // opossum reads this when it opens again after a failed probe: the next pause is longer.
    this.#circuit.on('halfOpen', () => {
      options.resetTimeout = Math.min(maxPause, 2 * (options.resetTimeout ?? firstPause))
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

  /** @throws OutboundError `circuit_open` */
  check(): void {
    if (this.#circuit.closed || this.#circuit.pendingClose) return
    const wait = this.#circuit.halfOpen
      ? this.#firstPause
      : Math.max(0, this.#nextProbeTime - performance.now())
    const message = `${this.#host} failed repeatedly: its circuit breaker is open`
    throw new OutboundError('circuit_open', this.#host, message, Math.ceil(wait))
  }

  /** @throws OutboundError `circuit_open` without running the work; any error of the work */
  async run<Result extends Response>(work: () => Promise<Result>): Promise<Result> {
    this.check()
    try {
      return (await this.#circuit.fire(work)) as Result
    } catch (error) {
      if (error instanceof ServerFailure) return error.response as Result
      throw error
    }
  }

  close(): void {
    this.#circuit.shutdown()
  }
}

async function failingOn5xx(work: () => Promise<Response>): Promise<Response> {
  const response = await work()
  if (response.status >= 500) throw new ServerFailure(response)
  return response
}

function isFailure(error: unknown): boolean {
  return error instanceof ServerFailure || (error instanceof OutboundError && SERVER_FAILURES.has(error.kind))
}
