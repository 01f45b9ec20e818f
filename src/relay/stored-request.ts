import type { DeliveryRequest, DeliveryResponse } from '../model/delivery.ts'
import type { Destination } from '../model/destination.ts'
import type { HttpResponse, OutboundRequest } from '../outbound/outbound.ts'
import { pathBelow } from '../outbound/url.ts'

/** How much of a body is kept to be shown. */
const MAX_REQUEST_CHARACTERS = 64 * 1024
/** Less, because it is others who decide how long they are. */
const MAX_RESPONSE_CHARACTERS = 8 * 1024

/** What is kept of a request below a destination's URL: never its headers, which hold the credential. */
export function storedRequest(
  { url }: Pick<Destination, 'url'>,
  { method, path, body = '' }: OutboundRequest,
): DeliveryRequest {
  const base = new URL(url)
  const full = path === undefined ? url : base.origin + (pathBelow(base, path) ?? path)
  const text = typeof body === 'string' ? body : Buffer.from(body).toString()
  return { method, url: storable(full), body: cut(storable(text), MAX_REQUEST_CHARACTERS) }
}

export function storedResponse({ status, body }: Pick<HttpResponse, 'status' | 'body'>): DeliveryResponse {
  return { status, body: cut(storable(body), MAX_RESPONSE_CHARACTERS) }
}

/** Postgres has no place for U+0000, nor for half of a pair; a platform may say either in JSON. */
export function storable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

/** A character is kept or cut, never halved. */
function cut(text: string, most: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= most) return text
  return new TextDecoder().decode(bytes.subarray(0, most), { stream: true })
}
