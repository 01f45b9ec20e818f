import type { LaurelError } from '../model/errors.ts'
import type { Instant } from '../model/instant.ts'
import type { JsonValue } from '../model/json.ts'
import type { Rate, RateLimitState } from '../model/rate-limiter.ts'
import type { DialectId } from '../model/title.ts'
import type { Call } from '../service/call.ts'
import type { Credential } from '../service/credential.ts'
import type { Operations } from '../service/operations.ts'

/**
 * Serves one platform's own HTTP API, over the same records as all other APIs.
 *
 * A gateway is a list of routes and the platform's conventions for response headers and failure bodies. The host
 * handles listening, bodies and their limits, credentials, rates and defects, in the same way for all gateways.
 */
export interface Gateway {
  /** Equals its adapter's folder. */
  readonly dialect: DialectId
  /** The path prefixes of its routes, such as `/xbox`. Each route is served below each prefix. */
  readonly mounts: readonly string[]
  /** The platform's domains: clients that are redirected here still send them in the Host header. */
  readonly domains: readonly string[]
  readonly routes: readonly Route[]
  /**
   * Returns a failure in the platform's format. Called for each error of a route other than `Refusal`, and for errors
   * before a route, including unknown routes.
   */
  writeFailure(failure: Failure, request: RequestHead): GatewayResponse
  /** Returns additional headers of every response, including failures. `rate` is absent for routes without rates. */
  headers?(request: RequestHead, rate: RateLimitState | undefined): Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the mount; `:name` matches one segment: `/users/:user/achievements`. A trailing slash is accepted. */
  readonly path: string
  /** The platform's name of it; unique in the gateway. */
  readonly name: string
  /** Whether no credential is required: only for routes that the platform serves publicly. */
  readonly open?: boolean
  /** The largest body in bytes; undefined for the host's limit. For a form, the limit of each part. */
  readonly maxBodyBytes?: number
  /** Returns the rates to check before the route runs; the request is rejected if one is exceeded. */
  rates?(request: GatewayRequest): readonly Rate[]
  /** @throws LaurelError, Refusal, or JsonSyntaxError and DecodeError of a body; any other error is a defect. */
  handle(request: GatewayRequest): Promise<GatewayResponse>
}

/** The parts of a request without its body. */
export interface RequestHead {
  readonly method: string
  /** The mount of the request; empty if no route matches. */
  readonly mount: string
  /**
   * Where the client reached the server: `https://host:port`. Empty if the Host header does not say, so that a URL made with
   * it is a path.
   */
  readonly origin: string
  /** The raw path, without the query. */
  readonly path: string
  /** The decoded values of the route's `:name` segments. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** By lower-case name; repeated headers are joined with commas. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly now: Instant
}

export interface GatewayRequest extends RequestHead {
  /** The request's body; empty for none, and for a form. */
  readonly body: Uint8Array
  /** The parts of a multipart form, in their order. Each part's content must be read before the next. */
  form(): AsyncIterable<FormPart>
  readonly operations: Operations
  /** The caller; to be passed to each operation. */
  readonly call: Call
  /** Whether the configuration enables the platform's historical restrictions, if the gateway has any. */
  readonly strict: boolean
  /** Whether credentials are verified; if not, every caller is an operator and credentials are unverified text. */
  readonly checked: boolean
  /** The raw credential; undefined for none. Never log or return it. */
  readonly credential: Credential | undefined
}

export interface FormPart {
  readonly name: string
  /** Set for a file. */
  readonly fileName: string | undefined
  readonly content: AsyncIterable<Uint8Array>
}

export interface GatewayResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /**
   * JSON, with the `content-type` `application/json` unless the headers set another; or bytes, whose `content-type` the
   * headers must set. Undefined for none.
   */
  readonly body?: JsonValue | Uint8Array | AsyncIterable<Uint8Array> | undefined
}

/** The failure of a request. */
export interface Failure {
  /** The default HTTP status: a dialect may use another. */
  readonly status: number
  /** Undefined for a defect of Laurel (500), an unknown route (404) or an unsupported method (405). */
  readonly error: LaurelError | undefined
}
