/**
 * Why a request has no response:
 * - `refused`: not sent, and never will be: a forbidden address or path, an invalid header, or a body that is too long;
 * - `cannot_resolve`, `cannot_connect`, `tls`: not sent, because no trusted connection could be opened;
 * - `timeout`, `dropped`: the server may or may not have received it;
 * - `too_large`: the response is longer than allowed;
 * - `circuit_open`: not sent, because earlier requests failed.
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

const PERMANENT: ReadonlySet<OutboundFailure> = new Set(['refused', 'too_large'])

/** A request without a response. Names only the host and has no `cause`: texts of libraries may quote headers or queries. */
export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly kind: OutboundFailure
  /** With its port, as in the URL. */
  readonly host: string
  /** When to try again; undefined if unknown. */
  readonly retryAfterMilliseconds: number | undefined

  constructor(kind: OutboundFailure, host: string, message: string, retryAfterMilliseconds?: number) {
    super(message)
    this.kind = kind
    this.host = host
    this.retryAfterMilliseconds = retryAfterMilliseconds
  }

  /** Whether the same request may succeed later. */
  get isTransient(): boolean {
    return !PERMANENT.has(this.kind)
  }
}

/** Returns the error for a connection that could not be opened. */
export function connectFailure(host: string, error: Error, isEncrypted: boolean): OutboundError {
  if (error instanceof OutboundError) return error
  const code = codeOf(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return new OutboundError('timeout', host, `cannot connect to ${host} in time`)
  }
  // Node throws an AggregateError if all of several addresses failed.
  const isTcp = error instanceof AggregateError || ('syscall' in error && error.syscall === 'connect')
  return isEncrypted && !isTcp
    ? new OutboundError('tls', host, `cannot establish TLS with ${host}${withCode(code)}`)
    : new OutboundError('cannot_connect', host, `cannot connect to ${host}${withCode(code)}`)
}

/** Returns the error for a request that failed on an open connection. */
export function requestFailure(host: string, error: unknown): OutboundError {
  if (error instanceof OutboundError) return error
  const code = codeOf(error)
  switch (code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new OutboundError('timeout', host, `${host} did not respond in time`)
    case 'UND_ERR_BODY_TIMEOUT':
      return new OutboundError('timeout', host, `${host} stopped in the middle of its response`)
    case 'UND_ERR_HEADERS_OVERFLOW':
      return new OutboundError('too_large', host, `the response headers of ${host} are too long`)
    case 'UND_ERR_INVALID_ARG':
      return new OutboundError('refused', host, `a header of the request to ${host} is not valid in HTTP`)
    default:
      return new OutboundError('dropped', host, `${host} closed the connection${withCode(code)}`)
  }
}

function withCode(code: string): string {
  return code === '' ? '' : ` (${code})`
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}
