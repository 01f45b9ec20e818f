import { OutboundError } from './outbound-error.ts'

const TIMEOUTS: ReadonlyMap<string, string> = new Map([
  ['UND_ERR_HEADERS_TIMEOUT', 'did not begin to answer in time'],
  ['UND_ERR_BODY_TIMEOUT', 'stopped in the middle of its answer'],
])

/** An error from before the connection stood. */
export function connectFailure(host: string, error: Error, encrypted: boolean): OutboundError {
  if (error instanceof OutboundError) return error
  const code = codeOf(error)
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return new OutboundError('timeout', host, `cannot connect to ${host} in time`)
  }
  // Node tries several addresses, and wraps what became of them.
  const ofTcp = error instanceof AggregateError || ('syscall' in error && error.syscall === 'connect')
  return encrypted && !ofTcp
    ? new OutboundError('tls', host, `cannot agree with ${host} on TLS${withCode(code)}`)
    : new OutboundError('cannot_connect', host, `cannot connect to ${host}${withCode(code)}`)
}

/** An error of a request on a connection. */
export function requestFailure(host: string, error: unknown): OutboundError {
  if (error instanceof OutboundError) return error
  const code = codeOf(error)
  const late = TIMEOUTS.get(code)
  if (late !== undefined) return new OutboundError('timeout', host, `${host} ${late}`)
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new OutboundError('too_large', host, `the headers of the answer of ${host} are too long`)
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    return new OutboundError('refused', host, `a header of the request to ${host} is none that HTTP allows`)
  }
  return new OutboundError('dropped', host, `${host} broke off${withCode(code)}`)
}

function withCode(code: string): string {
  return code === '' ? '' : ` (${code})`
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}
