import type { Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import multipart from '@fastify/multipart'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ListenError } from '../listen-error.ts'
import { LIMITS } from '../model/limits.ts'
import { Sockets } from '../sockets.ts'
import type { MetricsHandler } from '../telemetry/metrics.ts'
import { secureOptions, type Tls } from '../tls.ts'
import { addEvents } from './events/route.ts'
import { failureOf, problemOf } from './failures.ts'
import type { Failure, Gateway, Route } from './gateway.ts'
import { rejectUnknownHosts } from './host-check.ts'
import { RateLimiter } from './rate-limiter.ts'
import { headOf } from './request.ts'
import { type Host, respond, sendFailure } from './respond.ts'

export interface HttpServer {
  /** Serves on `host:port`, port 0 for any that is free. Gives the address with the port that it has. */
  listen(address: string): Promise<string>
  /** Takes no new requests and waits for those that run; it has ended them all after so many milliseconds. */
  stop(graceMilliseconds?: number): Promise<void>
}

export interface Probes {
  /** Whether calls have a chance. */
  readonly isReady: () => boolean
  /** Undefined where somebody else collects the numbers. */
  readonly metrics: MetricsHandler | undefined
}

export interface HttpSettings {
  /** Of pages that may read events from a browser, and ask anything where nobody is authenticated. */
  readonly allowedOrigins: ReadonlySet<string>
  /** Names, besides localhost, that a server that authenticates nobody is asked by. */
  readonly allowedHosts: ReadonlySet<string>
  /** A request must have come whole by then. All times are in milliseconds. */
  readonly slowest: number
  /** How long a stream of events is silent at most. */
  readonly heartbeat: number
  /** How long who reads such a stream may take nothing. */
  readonly writeTimeout: number
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
const DEFAULT_GRACE = 10_000
const DEFAULTS: HttpSettings = {
  allowedOrigins: new Set(),
  allowedHosts: new Set(),
  // As long as Node gives a request; without it, a body that never ends holds its connection for ever.
  slowest: 300_000,
  heartbeat: 15_000,
  writeTimeout: 30_000,
}
const SLOWEST_HEAD = 60_000
/** How often connections are looked at for being too slow, at most. */
const LOOK_INTERVAL = 30_000
const LONGEST_SEGMENT = 2048

/** Serves the gateways, each below its mounts, events for browsers, and probes. */
export function createHttpServer(
  gateways: readonly Gateway[],
  host: Omit<Host, 'limiter'> & Probes,
  tls?: Tls,
  settings: Partial<HttpSettings> = {},
): HttpServer {
  const { slowest, allowedHosts, ...events } = { ...DEFAULTS, ...settings }
  const writeTimeout = {
    headersTimeout: Math.min(slowest, SLOWEST_HEAD),
    connectionsCheckingInterval: Math.min(slowest, LOOK_INTERVAL),
  }
  const app = fastify({
    // Plain HTTP where there is no certificate.
    https: tls === undefined ? null : { ...secureOptions(tls.material), ...writeTimeout },
    ...{ http: writeTimeout },
    requestTimeout: slowest,
    bodyLimit: LIMITS.messageBytes,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: LONGEST_SEGMENT },
    forceCloseConnections: 'idle',
    frameworkErrors: (error, request, reply) => void refuse(gateways, error, request, reply),
  })
  const serving: Host = { ...host, limiter: new RateLimiter() }
  if (!host.checked) {
    const known = { ...events, allowedHosts, domains: gateways.flatMap(({ domains }) => domains) }
    app.addHook('onRequest', async (request) => rejectUnknownHosts(request, known))
  }
  acceptAnyBody(app)
  tls?.onChange((material) => (app.server as SecureServer).setSecureContext(secureOptions(material)))
  addProbes(app, host)
  addEvents(app, { ...host, ...events })
  for (const gateway of gateways) addGateway(app, gateway, serving)
  app.setNotFoundHandler((request, reply) =>
    fail(gateways, { status: 404, error: undefined }, request, reply),
  )
  app.setErrorHandler((error, request, reply) => refuse(gateways, error, request, reply))

  let sockets: Sockets | undefined

  return {
    async listen(address) {
      const { host: hostname, port } = splitAddress(address)
      await app.listen({ host: hostname, port }).catch((error: Error) => {
        throw new ListenError(address, 'LAUREL_HTTP_ADDRESS', error)
      })
      const { port: taken } = app.server.address() as AddressInfo
      sockets = new Sockets(taken)
      return address.replace(/:\d+$/, `:${taken}`)
    },

    async stop(graceMilliseconds = DEFAULT_GRACE) {
      const timer = setTimeout(() => sockets?.destroy(), graceMilliseconds)
      await app.close()
      clearTimeout(timer)
      sockets?.destroy()
    },
  }
}

/** `/healthz`: it runs. `/readyz`: calls have a chance. `/metrics`: numbers, for those who run it. */
function addProbes(
  app: FastifyInstance,
  { isReady, metrics, authenticate }: Pick<Host, 'authenticate'> & Probes,
): void {
  app.get('/healthz', async () => ({ status: 'serving' }))
  app.get('/readyz', async (_, reply) => {
    const ready = isReady()
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'the database does not answer' })
  })
  if (metrics === undefined) return
  app.get('/metrics', async (request, reply) => {
    const { kind } = await authenticate(request.headers.authorization, new AbortController().signal)
    if (kind === 'anonymous' || kind === 'player') {
      return reply.code(kind === 'player' ? 403 : 401).send({ error: 'for those who run the server' })
    }
    reply.hijack()
    metrics(request.raw, reply.raw)
    return reply
  })
}

/** A body is bytes until its route reads it: clients label JSON as anything, and an empty body as JSON. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', async (request) => {
    const { 'content-type': type = '' } = request.headers
    if (!/^multipart\/form-data\b/i.test(type)) request.headers['content-type'] = 'application/octet-stream'
  })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.register(multipart, {
    limits: { fields: 16, files: 4, parts: 20, fieldSize: 64 * 1024, headerPairs: 100 },
  })
}

function addGateway(app: FastifyInstance, gateway: Gateway, host: Host): void {
  const paths = Map.groupBy(gateway.routes, ({ path }) => path)
  for (const mount of gateway.mounts) {
    for (const [path, routes] of paths) {
      for (const route of routes) addRoute(app, gateway, mount, route, host)
      addRefusals(app, gateway, mount, path, routes)
    }
  }
}

function addRoute(app: FastifyInstance, gateway: Gateway, mount: string, route: Route, host: Host): void {
  app.route({
    method: route.method,
    url: mount + route.path,
    exposeHeadRoute: route.method === 'GET',
    bodyLimit: route.maxBodyBytes ?? LIMITS.messageBytes,
    handler: (request, reply) => respond({ gateway, mount, route, host, request, reply }),
  })
}

/** Other methods of a path that there is. */
function addRefusals(
  app: FastifyInstance,
  gateway: Gateway,
  mount: string,
  path: string,
  routes: readonly Route[],
): void {
  const known = routes.map(({ method }) => method as string)
  const others = METHODS.filter((method) => !known.includes(method))
  app.route({
    method: others,
    url: mount + path,
    handler: (request, reply) => {
      reply.header('allow', known.join(', '))
      return sendFailure(gateway, { status: 405, error: undefined }, headOf(request, mount), undefined, reply)
    },
  })
}

/** What went wrong before a route was reached: a body that is too large, a path that cannot be read. */
function refuse(
  gateways: readonly Gateway[],
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  return fail(gateways, failureOf(error), request, reply)
}

async function fail(
  gateways: readonly Gateway[],
  failure: Failure,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const gateway = gateways.find(({ mounts }) => mounts.some((mount) => request.url.startsWith(`${mount}/`)))
  if (gateway !== undefined) return sendFailure(gateway, failure, headOf(request, ''), undefined, reply)
  if (failure.error !== undefined) return reply.code(failure.status).send(problemOf(failure.error))
  const error = failure.status === 404 ? 'there is nothing here' : 'bad request'
  return reply.code(failure.status).send({ error })
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(address) ?? []
  return { host: bracketed ?? plain ?? '', port: Number(port) }
}
