/**
 * Why a request got no answer:
 * - `refused`: it was not sent, and never will be: an address or a path that Laurel does not call, or a body too long;
 * - `cannot_resolve`, `cannot_connect`, `tls`: it was not sent, because nobody was reached, or nobody who can be trusted;
 * - `timeout`, `dropped`: it may have arrived, or may not;
 * - `too_large`: it was answered, with more than fits where all of the answer was wanted;
 * - `circuit_open`: it was not sent, because those before it failed.
 */
export type OutboundFailure =
  | 'refused'
  | 'cannot_resolve'
  | 'cannot_connect'
  | 'tls'
  | 'timeout'
  | 'dropped'
  | 'too_large'
  | 'circuit_open'

const FINAL: ReadonlySet<OutboundFailure> = new Set(['refused', 'too_large'])

/**
 * A request without an answer. It names the host and no more of the request: it has no cause, because the texts of
 * others may quote a header or a query.
 */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly kind: OutboundFailure
  /** With its port, as in the URL. */
  readonly host: string
  /** Milliseconds after which trying again may help; undefined where nobody knows. */
  readonly retryAfter: number | undefined

  constructor(kind: OutboundFailure, host: string, message: string, retryAfter?: number) {
    super(message)
    this.kind = kind
    this.host = host
    this.retryAfter = retryAfter
  }

  /** Whether the same request may fare better later. */
  get passing(): boolean {
    return !FINAL.has(this.kind)
  }
}
