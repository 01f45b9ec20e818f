import { Pool } from 'undici'
import { Breaker } from './breaker.ts'
import { type CheckAddress, connectorTo } from './connector.ts'
import { requestFailure } from './failures.ts'
import type { HttpResponse, Limits, OutboundRequest, Target, TargetBreaker } from './outbound.ts'
import { OutboundError } from './outbound-error.ts'
import { readResponse } from './read-response.ts'
import { RequestLimiter } from './request-limiter.ts'
import { pathBelow } from './url.ts'

/** An answer is wanted as it is: nothing here takes it apart. */
const HEADERS = { 'user-agent': 'laurel', 'accept-encoding': 'identity' }

export class HttpTarget implements Target {
  readonly #url: URL
  readonly #limits: Limits
  readonly #pool: Pool
  readonly #breaker: Breaker
  readonly #limiter: RequestLimiter
  readonly #closing = new AbortController()

  /** @param onClose called once it is closed */
  constructor(url: URL, limits: Limits, checkAddress: CheckAddress, onClose: () => void) {
    this.#url = url
    this.#closing.signal.addEventListener('abort', onClose)
    this.#limits = limits
    this.#breaker = new Breaker(url.host, limits)
    this.#limiter = new RequestLimiter(limits)
    this.#pool = new Pool(url.origin, {
      connect: connectorTo(url, checkAddress, limits.connectTimeout),
      headersTimeout: limits.headersTimeout,
      bodyTimeout: limits.bodyTimeout,
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

  hold(milliseconds: number): void {
    this.#limiter.hold(milliseconds)
  }

  async send(request: OutboundRequest, signal: AbortSignal): Promise<HttpResponse> {
    const path = this.#check(request)
    const wanted = AbortSignal.any([signal, this.#closing.signal])
    wanted.throwIfAborted()
    this.#breaker.check()
    return await this.#limiter.run(wanted, () =>
      this.#breaker.run(() => this.#transmit(request, path, wanted)),
    )
  }

  async close(): Promise<void> {
    this.#closing.abort(new OutboundError('dropped', this.host, `no more is sent to ${this.host}`))
    this.#breaker.close()
    await this.#pool.destroy()
  }

  /** The path of the request, if it may be sent at all. */
  #check({ path, body = '' }: OutboundRequest): string {
    const { requestBytes } = this.#limits
    if (Buffer.byteLength(body) > requestBytes) {
      const message = `the request to ${this.host} is longer than ${requestBytes} bytes`
      throw new OutboundError('refused', this.host, message)
    }
    const below = pathBelow(this.#url, path)
    if (below !== undefined) return below
    throw new OutboundError(
      'refused',
      this.host,
      `a path for ${this.host} is not encoded, or leads elsewhere`,
    )
  }

  async #transmit(request: OutboundRequest, path: string, wanted: AbortSignal): Promise<HttpResponse> {
    wanted.throwIfAborted()
    const { method, headers = {}, body = null } = request
    const given = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
    const stop = new AbortController()
    const abort = () => stop.abort(wanted.reason)
    const late = () =>
      stop.abort(new OutboundError('timeout', this.host, `${this.host} did not answer to the end in time`))
    const timer = setTimeout(late, this.#limits.totalTimeout)
    wanted.addEventListener('abort', abort, { once: true })
    try {
      const response = await unlessAborted(
        stop.signal,
        this.#pool.request({
          method,
          path,
          headers: new Map([...Object.entries(HEADERS), ...given]),
          body,
          signal: stop.signal,
          responseHeaders: 'raw',
        }),
      )
      return await readResponse(this.host, response, this.#limits)
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : requestFailure(this.host, error)
    } finally {
      clearTimeout(timer)
      wanted.removeEventListener('abort', abort)
    }
  }
}

/** undici looks at the signal only once it is connected. */
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
