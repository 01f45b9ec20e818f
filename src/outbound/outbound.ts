import type { LookupAddress } from 'node:dns'
import { AddressPolicy } from './addresses.ts'
import { lookupChecked } from './connector.ts'
import { HttpTarget } from './target.ts'
import { checkUrl } from './url.ts'

export { OutboundError } from './outbound-error.ts'

export interface OutboundOptions {
  /**
   * Whose private addresses may be called: addresses and blocks (`10.1.2.3`, `10.0.0.0/8`, `fd00::/8`), or names of
   * hosts (`platform.internal`), which may then have private addresses, but neither loopback nor link-local ones.
   * `localhost` stands for this machine under each of its own names: `localhost`, `127.0.0.0/8` and `[::1]`.
   */
  readonly allowPrivate: readonly string[]
  /**
   * Whether this machine may be called only where `allowPrivate` lists it, as `localhost` or by its addresses: set where
   * callers have fewer rights than whoever runs the server. Otherwise its own names are always allowed.
   */
  readonly guardLoopback?: boolean
  /** Finds the addresses of a name; the system's own resolver unless told otherwise. */
  readonly resolve?: Resolve
}

export type Resolve = (name: string) => Promise<readonly LookupAddress[]>

/** Other people's HTTP servers, as Laurel calls them. */
export interface Outbound {
  /**
   * What can be said of a URL without resolving its name. What shows only then is an error of the request.
   * @param field as the wire names it
   * @throws LaurelError INVALID_FIELD
   */
  checkUrl(url: string, field?: string): URL
  /**
   * A server, and a path on it below which all requests go. It has a circuit breaker and a budget of its own: keep it
   * for as long as it is called, then close it.
   * @throws LaurelError INVALID_FIELD if the URL is none that Laurel calls
   */
  to(url: string, limits?: Partial<Limits>): Target
  /** Closes all targets: what is under way fails as `dropped`. */
  close(): Promise<void>
}

/** What a target may cost. Times in milliseconds. */
export interface Limits {
  /** Until connected, name and TLS included. */
  readonly connectTimeout: number
  /** From the request's end to the answer's headers. */
  readonly headersTimeout: number
  /** Between two pieces of the answer's body. */
  readonly bodyTimeout: number
  /** From connecting to the answer's end, however busily it trickles. Waiting for the budget is not counted. */
  readonly totalTimeout: number
  readonly requestBytes: number
  /** How much of an answer's body is kept. */
  readonly responseBytes: number
  /** Whether an answer with more than that is an error (`too_large`) rather than cut short. */
  readonly wholeResponses: boolean
  /** Requests at the same time; more wait. */
  readonly inFlight: number
  /** Requests a second; more wait. Infinity for as many as there are. */
  readonly perSecond: number
  /** How many may follow each other at once after a pause. */
  readonly burst: number
  /** How long the breaker stays open the first time; twice as long each further time, up to `longestPause`. */
  readonly firstPause: number
  readonly longestPause: number
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /**
   * Appended to the target's URL: begins with `/`, encoded, may have a query; the target's own query stays. May not
   * climb by `..`. Absent for the target's URL as it stands.
   */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface HttpResponse {
  /** Any, 3xx included: redirects are not followed. */
  readonly status: number
  /** By their names in lower case; several of one name are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** As UTF-8. */
  readonly body: string
  /** Whether there was more of the body than is kept. */
  readonly truncated: boolean
  /** Milliseconds in which no other request should come, as the answer says; at most an hour. */
  readonly retryAfter: number | undefined
}

export type TargetBreaker = 'closed' | 'half_open' | 'open'

export interface Target {
  /** With its port. */
  readonly host: string
  /**
   * One request, never repeated, and its answer, whatever its status.
   * @throws OutboundError if there is none; the signal's reason
   */
  send(request: OutboundRequest, signal: AbortSignal): Promise<HttpResponse>
  /** Lets no request out for so many milliseconds: those that come meanwhile wait. */
  hold(milliseconds: number): void
  /** Opened by failed connections, timeouts and 5xx, never by 4xx; half open while one request tries. */
  readonly breaker: TargetBreaker
  /** Called whenever it changes. */
  onBreaker(listener: (state: TargetBreaker) => void): void
  close(): Promise<void>
}

const LIMITS: Limits = {
  connectTimeout: 5_000,
  headersTimeout: 10_000,
  bodyTimeout: 10_000,
  totalTimeout: 15_000,
  requestBytes: 1024 * 1024,
  responseBytes: 64 * 1024,
  wholeResponses: false,
  inFlight: 16,
  perSecond: Number.POSITIVE_INFINITY,
  burst: 10,
  firstPause: 1_000,
  longestPause: 60_000,
}

const MAX_RESPONSE_BYTES = 100 * 1024 * 1024

/** @throws LaurelError INVALID_FIELD if `allowPrivate` has what is no address, block or host */
export function openOutbound({ allowPrivate, guardLoopback, resolve }: OutboundOptions): Outbound {
  const policy = new AddressPolicy(allowPrivate, guardLoopback !== true)
  const checkAddress = lookupChecked(policy, resolve)
  const targets = new Set<HttpTarget>()
  return {
    checkUrl: (url, field = 'url') => checkUrl(url, field, policy),
    to(url, limits) {
      const full = { ...LIMITS, ...limits }
      if (full.responseBytes > MAX_RESPONSE_BYTES) {
        throw new RangeError(`at most ${MAX_RESPONSE_BYTES} bytes of an answer can be kept`)
      }
      const target = new HttpTarget(checkUrl(url, 'url', policy), full, checkAddress, () =>
        targets.delete(target),
      )
      targets.add(target)
      return target
    },
    async close() {
      await Promise.all([...targets].map((target) => target.close()))
    },
  }
}
