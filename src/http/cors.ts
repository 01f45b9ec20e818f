import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'

/** The requests of web pages that a route accepts, in lower case and separated by commas. */
export interface CorsAccess {
  readonly methods: string
  /** Headers that a page may send only after a preflight. */
  readonly headers: string
  /** Headers of the response that a page may read, besides the headers that browsers show to every page. */
  readonly exposed?: string
}

type Headers = Readonly<Record<string, string>>

const PREFLIGHT_SECONDS = 7200

/** Returns the CORS headers that let pages of the allowed origins read a response; none if no origin is allowed. */
export function originHeaders(
  { origin }: IncomingHttpHeaders,
  allowed: ReadonlySet<string>,
  exposed?: string,
): Headers {
  if (allowed.size === 0) return {}
  const vary = { vary: 'origin' }
  if (!isAllowed(origin, allowed)) return vary
  const expose = exposed === undefined ? {} : { 'access-control-expose-headers': exposed }
  return { ...vary, 'access-control-allow-origin': origin, ...expose }
}

/** Returns the headers of a preflight response; undefined for origins that are not allowed. */
export function preflightHeaders(
  { origin }: IncomingHttpHeaders,
  allowed: ReadonlySet<string>,
  { methods, headers }: CorsAccess,
): Headers | undefined {
  if (!isAllowed(origin, allowed)) return undefined
  return {
    'access-control-allow-methods': methods,
    'access-control-allow-headers': headers,
    'access-control-max-age': String(PREFLIGHT_SECONDS),
  }
}

/** Lets pages of the allowed origins call the routes of a scope: sends the headers, and responds to preflights. */
export function allowOrigins(app: FastifyInstance, allowed: ReadonlySet<string>, access: CorsAccess): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(originHeaders(request.headers, allowed, access.exposed))
    const isPreflight = request.method === 'OPTIONS' && 'access-control-request-method' in request.headers
    const preflight = isPreflight && preflightHeaders(request.headers, allowed, access)
    return preflight ? reply.code(204).headers(preflight).send() : undefined
  })
}

function isAllowed(origin: string | undefined, allowed: ReadonlySet<string>): origin is string {
  return origin !== undefined && allowed.has(origin)
}
