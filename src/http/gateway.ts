import type { LaurelError } from '../model/errors.ts'
import type { Instant } from '../model/instant.ts'
import type { JsonValue } from '../model/json.ts'
import type { DialectId } from '../model/title.ts'
import type { Credential } from '../service/credential.ts'
import type { Operations } from '../service/operations.ts'
import type { Call } from '../service/services.ts'

/**
 * Serves one platform's own HTTP API, over the same records as every other way in.
 *
 * A gateway is a list of routes and the platform's manners: what an answer's headers and a failure's body look
 * like. Listening, bodies and their limits, credentials, rates and faults are the host's, and the same for all.
 */
export interface Gateway {
  /** Equals its adapter's folder. */
  readonly dialect: DialectId
  /** Where its routes are served, each below each of these: `/xbox`. */
  readonly mounts: readonly string[]
  /** Where its platform was: a client whose connections are led here still asks for a host of one of these domains. */
  readonly domains: readonly string[]
  readonly routes: readonly Route[]
  /**
   * What a failure looks like on this platform. Called for whatever a route throws but a `Refusal`, and for what goes
   * wrong before a route is reached, an unknown route included.
   */
  writeFailure(failure: Failure, request: RequestHead): GatewayResponse
  /** Headers that every answer has beside its own, failures too. `rate` is absent where nothing is counted. */
  headers?(request: RequestHead, rate: RateLimitState | undefined): Readonly<Record<string, string>>
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the mount; `:name` stands for one segment: `/users/:user/achievements`. A trailing slash is forgiven. */
  readonly path: string
  /** What the platform calls it; unique in the gateway. */
  readonly name: string
  /** Whether it answers without a credential too: only for what a platform serves to anybody. */
  readonly open?: boolean
  /** The largest body in bytes; undefined for the host's own limit. Of a form, each part's. */
  readonly maxBodyBytes?: number
  /** What is counted before the route runs; all of them must have room. */
  rates?(request: GatewayRequest): readonly Rate[]
  /** @throws LaurelError, Refusal, or JsonSyntaxError and DecodeError of a body; anything else is a fault. */
  handle(request: GatewayRequest): Promise<GatewayResponse>
}

/** A limit of calls: so many in each window, counted by the key. */
export interface Rate {
  /** What is counted together, the caller included. */
  readonly key: string
  readonly limit: number
  readonly periodSeconds: number
}

/** How much of a rate is left, this call counted. */
export interface RateLimitState extends Rate {
  readonly remaining: number
  /** When the window ends. */
  readonly resetTime: Instant
  /** Seconds until then, above 0. */
  readonly resetAfter: number
}

/** What is known of a request before anybody looked into it. */
export interface RequestHead {
  readonly method: string
  /** The mount that it came in by; empty when it is below none of the gateway's routes. */
  readonly mount: string
  /** The path as it was sent, without the query. */
  readonly path: string
  /** Decoded; those of the route's `:name`s. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Names in lower case; of a header that came twice, the values joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly now: Instant
}

export interface GatewayRequest extends RequestHead {
  /** The request's body; empty for none, and for a form. */
  readonly body: Uint8Array
  /** The parts of a multipart form, in their order. Each part's content must be read before the next. */
  form(): AsyncIterable<FormPart>
  readonly operations: Operations
  /** Who asks; to be passed to each operation. */
  readonly call: Call
  /** Whether the operator asked for this platform's historical refusals too, where the gateway knows any. */
  readonly strict: boolean
  /** Whether credentials are checked; else whoever asks is an operator, and a credential only says what its text says. */
  readonly checked: boolean
  /** As it was given; undefined for none. Never to be logged or told. */
  readonly credential: Credential | undefined
}

export interface FormPart {
  readonly name: string
  /** Of a file. */
  readonly fileName: string | undefined
  readonly content: AsyncIterable<Uint8Array>
}

export interface GatewayResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /**
   * JSON by default, whose `content-type` is `application/json` unless the headers say otherwise; bytes as they are,
   * whose `content-type` the headers must say. Undefined for none.
   */
  readonly body?: JsonValue | Uint8Array | AsyncIterable<Uint8Array> | undefined
}

/** Why there is no answer of the route's own. */
export interface Failure {
  /** The HTTP status that it is by its nature: a dialect may have another. */
  readonly status: number
  /** Undefined for a fault of Laurel's own (500), an unknown route (404) or a method that the route has not (405). */
  readonly error: LaurelError | undefined
}
