import type { BridgeRequest } from '../dialect/bridge.ts'
import type { Destination } from '../model/destination.ts'
import { formatJson } from '../model/exact-json.ts'
import { TICKS_PER_MILLISECOND } from '../model/instant.ts'
import { CredentialError } from '../outbound/credentials.ts'
import type { Limits, OutboundRequest } from '../outbound/outbound.ts'

/** What lets Laurel in at a destination. */
export interface Secret {
  /** Of the credential. */
  readonly reference: string
  /** What it refers to. */
  readonly secret: string
}

/**
 * A request of a bridge as it is sent, with what lets Laurel in.
 * @throws CredentialError for one that no header can hold
 */
export function toPlatform(
  { method, path, headers, body }: BridgeRequest,
  secret: Secret | undefined,
): OutboundRequest {
  const content = body === undefined ? undefined : formatJson(body)
  return {
    method,
    path,
    headers: {
      ...(content === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
      ...(secret === undefined ? {} : { authorization: authorizationOf(secret) }),
    },
    ...(content === undefined ? {} : { body: content }),
  }
}

function authorizationOf({ reference, secret }: Secret): string {
  if (/^[\x20-\x7e]+$/.test(secret)) return secret
  throw new CredentialError(reference, 'must be printable ASCII, to be the value of a header')
}

/** What requests may take, as the destination's owner says. How many come in a second is the relay's to see to. */
export function limitsOf({ limits }: Destination): Partial<Limits> {
  const timeout = Number(limits.timeout / TICKS_PER_MILLISECOND)
  return {
    connectTimeout: timeout,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    totalTimeout: timeout,
    inFlight: limits.maxInFlight,
  }
}
