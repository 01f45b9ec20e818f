import type { LookupAddress } from 'node:dns'

/** Returns the addresses of a host name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>

/** The HTTP client for servers that are not Laurel's. */
export interface Outbound {
  /**
   * Returns the parsed URL if Laurel may call it. Host names are not resolved here: a name with a forbidden address
   * fails each request instead.
   * @param field the name of the URL's field on the wire
   * @throws LaurelError INVALID_FIELD
   */
  checkUrl(url: string, field?: string): URL
  /**
   * Returns a target with its own connections, circuit breaker and request limiter. Reuse it, and close it at the end.
   * @throws LaurelError INVALID_FIELD if Laurel may not call the URL
   */
  to(url: string, limits?: Partial<Limits>): Target
  /** Closes all targets. Requests in progress fail as `dropped`. */
  close(): Promise<void>
}

/** The limits of one target. */
export interface Limits {
  /** Until the connection is open, name resolution and TLS included. */
  readonly connectTimeoutMilliseconds: number
  /** From the end of the request to the headers of the response. */
  readonly headersTimeoutMilliseconds: number
  /** Between two chunks of the response body. */
  readonly bodyTimeoutMilliseconds: number
  /** From connecting to the end of the response. Waiting for the request limiter does not count. */
  readonly totalTimeoutMilliseconds: number
  readonly maxRequestBytes: number
  /** Bytes of a response body that are kept. */
  readonly maxResponseBytes: number
  /** True: a longer response body is an error (`too_large`). False: it is cut. */
  readonly requiresWholeResponse: boolean
  /** Concurrent requests; more wait. */
  readonly maxInFlight: number
  /** Requests that may start per second; more wait. Infinity for no limit. */
  readonly requestsPerSecond: number
  /** Requests that may start together after a pause. */
  readonly burst: number
  /** How long the circuit breaker stays open the first time. Doubles each time it opens again. */
  readonly firstPauseMilliseconds: number
  readonly maxPauseMilliseconds: number
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /**
   * Appended to the target's URL: starts with `/`, is percent-encoded, may have a query, which is added to the
   * target's own. `..` segments are rejected. Undefined for the target's URL itself.
   */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface HttpResponse {
  /** Includes 3xx: redirects are not followed. */
  readonly status: number
  /** Keyed by lower-case name; repeated headers are joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** Decoded as UTF-8. */
  readonly body: string
  /** As it was received. */
  readonly bytes: Uint8Array
  readonly isTruncated: boolean
  /** How long the server asks not to be called again; at most an hour. */
  readonly retryAfterMilliseconds: number | undefined
}

/** A response whose body is read while it arrives. */
export interface StreamedResponse
  extends Pick<HttpResponse, 'status' | 'headers' | 'retryAfterMilliseconds'> {
  /** Read to its end, or returned early, it frees the connection. Throws OutboundError. */
  readonly content: AsyncIterable<Uint8Array>
}

export type TargetBreaker = 'closed' | 'half_open' | 'open'

/** One server, and the path on it below which all requests go. */
export interface Target {
  /** With its port. */
  readonly host: string
  /**
   * Sends the request once and returns the response, whatever its status.
   * @throws OutboundError without a response; the signal's reason
   */
  send(request: OutboundRequest, signal: AbortSignal): Promise<HttpResponse>
  /**
   * Sends the request once and returns the response at its headers. The limits on the body's size and on the total time do not hold.
   * @throws OutboundError without a response; the signal's reason
   */
  stream(request: OutboundRequest, signal: AbortSignal): Promise<StreamedResponse>
  /** Starts no request for the time; new requests wait. */
  pause(milliseconds: number): void
  /** Opens after failed connections, timeouts and 5xx, never after 4xx. Half open while one request probes the server. */
  readonly breaker: TargetBreaker
  /** Calls the listener on each change of `breaker`. */
  onBreaker(listener: (state: TargetBreaker) => void): void
  close(): Promise<void>
}
