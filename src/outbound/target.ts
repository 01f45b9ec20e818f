import { type Dispatcher, Pool } from 'undici'
import { inSpan, traceHeaders } from '../telemetry/spans.ts'
import { Breaker } from './breaker.ts'
import { type CheckAddress, connectorTo } from './connector.ts'
import type {
  HttpResponse,
  Limits,
  OutboundRequest,
  StreamedResponse,
  Target,
  TargetBreaker,
} from './contract.ts'
import { OutboundError, requestFailure } from './outbound-error.ts'
import { readResponse, streamResponse } from './read-response.ts'
import { RequestLimiter } from './request-limiter.ts'
import { pathBelow } from './url.ts'

/** `identity`: response bodies are not decompressed here. */
const HEADERS = { 'user-agent': 'laurel', 'accept-encoding': 'identity' }

export class HttpTarget implements Target {
  readonly #url: URL
  readonly #limits: Limits
  readonly #pool: Pool
  readonly #breaker: Breaker
  readonly #limiter: RequestLimiter
  readonly #closing = new AbortController()

  /** @param onClose called once, when it closes */
  constructor(url: URL, limits: Limits, checkAddress: CheckAddress, onClose: () => void) {
    this.#url = url
    this.#closing.signal.addEventListener('abort', onClose)
    this.#limits = limits
    this.#breaker = new Breaker(url.host, limits)
    this.#limiter = new RequestLimiter(limits)
    this.#pool = new Pool(url.origin, {
      connect: connectorTo(url, checkAddress, limits.connectTimeoutMilliseconds),
      headersTimeout: limits.headersTimeoutMilliseconds,
      bodyTimeout: limits.bodyTimeoutMilliseconds,
    })
  }

  get host(): string {
    return this.#url.host
  }

  get breaker(): TargetBreaker {
    return this.#breaker.state
  }

  onBreaker(listener: (state: TargetBreaker) => void): void {
    this.#breaker.onChange(listener)
  }

  pause(milliseconds: number): void {
    this.#limiter.pause(milliseconds)
  }

  async send(request: OutboundRequest, signal: AbortSignal): Promise<HttpResponse> {
    const path = this.#pathOf(request)
    const cancelled = AbortSignal.any([signal, this.#closing.signal])
    cancelled.throwIfAborted()
    this.#breaker.check()
    return await this.#limiter.run(cancelled, () =>
      this.#breaker.run(() => this.#traced(request, path, cancelled)),
    )
  }

  async stream(request: OutboundRequest, signal: AbortSignal): Promise<StreamedResponse> {
    const path = this.#pathOf(request)
    const cancelled = AbortSignal.any([signal, this.#closing.signal])
    cancelled.throwIfAborted()
    this.#breaker.check()
    const send = async () => {
      try {
        return streamResponse(this.host, await this.#request(request, path, cancelled))
      } catch (error) {
        throw cancelled.aborted ? cancelled.reason : requestFailure(this.host, error)
      }
    }
    return await this.#limiter.run(cancelled, () => this.#breaker.run(send))
  }

  async close(): Promise<void> {
    this.#closing.abort(new OutboundError('dropped', this.host, `the client for ${this.host} is closed`))
    this.#breaker.close()
    await this.#pool.destroy()
  }

  /**
   * Returns the path of the request.
   * @throws OutboundError `refused`
   */
  #pathOf({ path, body = '' }: OutboundRequest): string {
    const { maxRequestBytes } = this.#limits
    if (Buffer.byteLength(body) > maxRequestBytes) {
      const message = `the request to ${this.host} is longer than ${maxRequestBytes} bytes`
      throw new OutboundError('refused', this.host, message)
    }
    const below = pathBelow(this.#url, path)
    if (below !== undefined) return below
    throw new OutboundError(
      'refused',
      this.host,
      `a path for ${this.host} is not percent-encoded, or leaves the path of its URL`,
    )
  }

  #traced(request: OutboundRequest, path: string, cancelled: AbortSignal): Promise<HttpResponse> {
    const attributes = { 'http.request.method': request.method, 'server.address': this.host }
    return inSpan(request.method, { kind: 'client', attributes }, async (span) => {
      const response = await this.#transmit(request, path, cancelled)
      span?.setAttribute('http.response.status_code', response.status)
      return response
    })
  }

  async #transmit(request: OutboundRequest, path: string, cancelled: AbortSignal): Promise<HttpResponse> {
    cancelled.throwIfAborted()
    const stop = new AbortController()
    const abort = () => stop.abort(cancelled.reason)
    const expire = () =>
      stop.abort(
        new OutboundError('timeout', this.host, `${this.host} did not complete its response in time`),
      )
    const timer = setTimeout(expire, this.#limits.totalTimeoutMilliseconds)
    cancelled.addEventListener('abort', abort, { once: true })
    try {
      const response = await this.#request(request, path, stop.signal)
      return await readResponse(this.host, response, this.#limits)
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : requestFailure(this.host, error)
    } finally {
      clearTimeout(timer)
      cancelled.removeEventListener('abort', abort)
    }
  }

  #request(request: OutboundRequest, path: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { method, body = null } = request
    const given = Object.entries({ ...traceHeaders(), ...request.headers })
    const headers = new Map([
      ...Object.entries(HEADERS),
      ...given.map(([name, value]) => [name.toLowerCase(), value] as const),
    ])
    return unlessAborted(
      signal,
      this.#pool.request({ method, path, headers, body, signal, responseHeaders: 'raw' }),
    )
  }
}

/** Rejects as soon as the signal is aborted: undici checks it only after connecting. */
async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  let abort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
