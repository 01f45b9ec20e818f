import type { BridgeRequest } from '../dialect/bridge.ts'
import type { DeliveryRequest, DeliveryResponse } from '../model/delivery.ts'
import type { Destination } from '../model/destination.ts'
import { formatJson } from '../model/exact-json.ts'
import type { HttpResponse, OutboundRequest } from '../outbound/contract.ts'
import { CredentialError } from '../outbound/credentials.ts'
import { pathBelow } from '../outbound/url.ts'

const MAX_REQUEST_BYTES = 64 * 1024
/** Smaller, because the destination decides how long its responses are. */
const MAX_RESPONSE_BYTES = 8 * 1024

export interface Secret {
  /** The credential's reference, for errors. */
  readonly reference: string
  readonly secret: string
}

/**
 * Returns the platform's request with its credential.
 * @throws CredentialError if the secret is not valid in a header
 */
export function platformRequest(
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

/** Returns a request as it is stored: without headers, because they hold the credential. */
export function storedRequest(
  { url }: Pick<Destination, 'url'>,
  { method, path, body = '' }: OutboundRequest,
): DeliveryRequest {
  const base = new URL(url)
  const full = path === undefined ? url : base.origin + (pathBelow(base, path) ?? path)
  const text = typeof body === 'string' ? body : Buffer.from(body).toString()
  return { method, url: storable(full), body: truncate(storable(text), MAX_REQUEST_BYTES) }
}

export function storedResponse({ status, body }: Pick<HttpResponse, 'status' | 'body'>): DeliveryResponse {
  return { status, body: truncate(storable(body), MAX_RESPONSE_BYTES) }
}

/** Replaces U+0000 and lone surrogates: JSON may contain both, and Postgres stores neither. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

/** Cuts between characters. */
function truncate(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= maxBytes) return text
  return new TextDecoder().decode(bytes.subarray(0, maxBytes), { stream: true })
}
