import type { IncomingHttpHeaders } from 'node:http'

type Headers = Readonly<Record<string, string>>

/** What browsers send of their own accord, and a page has to be allowed to send by itself. */
const PREFLIGHT = {
  'access-control-allow-methods': 'GET',
  'access-control-allow-headers': 'authorization,last-event-id',
  'access-control-max-age': '7200',
}

/** Lets pages of these origins read an answer, and no others: nothing is said where there are none. */
export function originHeaders({ origin }: IncomingHttpHeaders, allowed: ReadonlySet<string>): Headers {
  if (allowed.size === 0) return {}
  const vary = { vary: 'origin' }
  return isAllowed(origin, allowed) ? { ...vary, 'access-control-allow-origin': origin } : vary
}

/** What a page may ask, answered before it asks; undefined for one that may not. */
export function preflightHeaders(
  { origin }: IncomingHttpHeaders,
  allowed: ReadonlySet<string>,
): Headers | undefined {
  return isAllowed(origin, allowed) ? PREFLIGHT : undefined
}

function isAllowed(origin: string | undefined, allowed: ReadonlySet<string>): origin is string {
  return origin !== undefined && allowed.has(origin)
}
