import type { Server as SecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import multipart from '@fastify/multipart'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ListenError } from '../listen-error.ts'
import type { JsonObject } from '../model/json.ts'
import { LIMITS } from '../model/limits.ts'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { RateLimiter } from '../model/rate-limiter.ts'
import { Sockets } from '../sockets.ts'
import type { CollectMetrics } from '../telemetry/metrics.ts'
import { secureOptions, type Tls } from '../tls.ts'
import { limitBodyTime } from './body-timeout.ts'
import { addConsole, type ConsoleSettings } from './console.ts'
import { allowOrigins, type CorsAccess } from './cors.ts'
import { addDocs } from './docs.ts'
import { addEvents } from './events/route.ts'
import { failureOf, problemOf } from './failures.ts'
import type { Failure, Gateway, Route } from './gateway.ts'
import { rejectUnknownHosts } from './host-check.ts'
import { measureRequests } from './metrics.ts'
import { headOf, isForm, MAX_FIELD_BYTES } from './request.ts'
import { admit, bodyOf, type Host, respond, sendFailure } from './respond.ts'
import { limitWriteTime } from './write-timeout.ts'

export interface HttpServer {
  /** Listens on `host:port`, port 0 for any free port. Returns the address with the assigned port. */
  listen(address: string): Promise<string>
  /** Rejects new requests and waits for running ones; ends them all after the grace. */
  stop(graceMilliseconds?: number): Promise<void>
}

export interface Probes {
  readonly readiness: {
    /** Whether a load balancer should send calls. */
    readonly isReady: boolean
    /** For services and operators only. */
    readonly details: JsonObject
  }
  /** Undefined if another SDK exports the metrics. */
  readonly metrics: CollectMetrics | undefined
}

export interface HttpSettings {
  /** Origins of web pages that may read events and call plugins; without authentication, they may send any request. */
  readonly allowedOrigins: ReadonlySet<string>
  /** Host names, besides localhost, that a server without authentication accepts. */
  readonly allowedHosts: ReadonlySet<string>
  /** The maximum time to receive a request; for an upload, without a received byte. All times are in milliseconds. */
  readonly requestTimeout: number
  /** The maximum time without a write to a stream of events. */
  readonly heartbeat: number
  /** The maximum time without reads by the client of such a stream, or of a response. */
  readonly writeTimeout: number
  /** Serve further paths, each behind the same checks, with hooks and body parsers of its own. */
  readonly plugins: readonly ((app: FastifyInstance) => void)[]
  /** Returns the OpenAPI document of the plugins; undefined for none. */
  readonly openApi: (() => JsonObject) | undefined
  /** Undefined to serve no console. */
  readonly console: ConsoleSettings | undefined
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const
/** The headers of Connect's clients, and those of Laurel. */
const PLUGIN_ACCESS: CorsAccess = {
  methods: 'GET,POST',
  headers: 'authorization,content-type,connect-protocol-version,connect-timeout-ms,laurel-actor,x-user-agent',
  exposed: 'retry-after',
}
const DEFAULT_GRACE_MILLISECONDS = 10_000
const DEFAULTS: HttpSettings = {
  allowedOrigins: new Set(),
  allowedHosts: new Set(),
  // Node's default; without it, an endless body would hold its connection forever.
  requestTimeout: 300_000,
  heartbeat: 15_000,
  writeTimeout: 30_000,
  plugins: [],
  openApi: undefined,
  console: undefined,
}
const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const MAX_HEAD_MILLISECONDS = 60_000
/** The maximum interval between checks for slow connections. */
const MAX_CHECK_INTERVAL_MILLISECONDS = 30_000
const MAX_SEGMENT_LENGTH = 2048
/** The time in which a client can read a response that is sent before its request has arrived. */
const LINGER_MILLISECONDS = 2_000
const NOT_FOUND: Failure = { status: 404, error: undefined }

/** Serves the gateways, each below its mounts, events for browsers, and probes. */
export function createHttpServer(
  gateways: readonly Gateway[],
  host: Omit<Host, 'rates'> & Probes,
  tls?: Tls,
  settings: Partial<HttpSettings> = {},
): HttpServer {
  const { requestTimeout, allowedHosts, plugins, openApi, console, ...events } = { ...DEFAULTS, ...settings }
  const timeouts = {
    headersTimeout: Math.min(requestTimeout, MAX_HEAD_MILLISECONDS),
    connectionsCheckingInterval: Math.min(requestTimeout, MAX_CHECK_INTERVAL_MILLISECONDS),
  }
  const withoutTls = { http: timeouts }
  const app = fastify({
    https: tls === undefined ? null : { ...secureOptions(tls.material), ...timeouts },
    // A spread, because Fastify's types of these options have no `http`.
    ...withoutTls,
    // `limitBodyTime` limits it, because this option would also limit the time of an upload.
    requestTimeout: 0,
    bodyLimit: LIMITS.messageBytes,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_SEGMENT_LENGTH },
    forceCloseConnections: 'idle',
    // Fastify would refuse a request that arrives while the server stops, in a format of its own. The services stop after it.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => void refuse(gateways, error, request, reply),
  })
  const serving: Host = { ...host, rates: new RateLimiter() }
  if (!host.checked) {
    const known = { ...events, allowedHosts, domains: gateways.flatMap(({ domains }) => domains) }
    app.addHook('onRequest', async (request) => rejectUnknownHosts(request, known))
  }
  measureRequests(app)
  refuseEarly(app, gateways)
  limitBodyTime(app, requestTimeout)
  limitWriteTime(app, events.writeTimeout)
  tls?.onChange((material) => (app.server as SecureServer).setSecureContext(secureOptions(material)))
  addProbes(app, host)
  addEvents(app, { ...host, ...events })
  app.register(async (scope) => {
    acceptAnyBody(scope)
    for (const gateway of gateways) addGateway(scope, gateway, serving)
  })
  if (openApi !== undefined) addDocs(app, openApi)
  if (console !== undefined) addConsole(app, console)
  for (const plugin of plugins) {
    app.register(async (scope) => {
      allowOrigins(scope, events.allowedOrigins, PLUGIN_ACCESS)
      plugin(scope)
    })
  }
  app.setNotFoundHandler((request, reply) => fail(gateways, NOT_FOUND, request, reply))
  app.setErrorHandler((error, request, reply) => refuse(gateways, error, request, reply))

  let sockets: Sockets | undefined

  return {
    async listen(address) {
      const { host: hostname, port } = splitAddress(address)
      await app.listen({ host: hostname, port }).catch((error: Error) => {
        throw new ListenError(address, 'LAUREL_HTTP_ADDRESS', error)
      })
      const { port: assigned } = app.server.address() as AddressInfo
      sockets = new Sockets(assigned)
      return address.replace(/:\d+$/, `:${assigned}`)
    },

    async stop(graceMilliseconds = DEFAULT_GRACE_MILLISECONDS) {
      const timer = setTimeout(() => sockets?.destroy(), graceMilliseconds)
      await app.close()
      clearTimeout(timer)
      sockets?.destroy()
    },
  }
}

/** `/healthz`: the process runs. `/readyz`: it serves. `/metrics`: for services and operators. Strangers see no reasons. */
function addProbes(
  app: FastifyInstance,
  { readiness, metrics, authenticate }: Pick<Host, 'authenticate'> & Probes,
): void {
  const kindOf = async ({ headers, raw }: FastifyRequest) => {
    const { kind } = await authenticate(headers.authorization, NEVER_ABORTED, () => raw.socket.remoteAddress)
    return kind
  }
  app.get('/healthz', async () => ({ status: 'serving' }))
  app.get('/readyz', async (request, reply) => {
    const { isReady, details } = readiness
    const kind = await kindOf(request).catch(() => 'anonymous')
    const isTrusted = kind === 'service' || kind === 'operator'
    const status = isReady ? 'ready' : 'not ready'
    return reply.code(isReady ? 200 : 503).send({ status, ...(isTrusted && details) })
  })
  if (metrics === undefined) return
  app.get('/metrics', async (request, reply) => {
    const kind = await kindOf(request)
    if (kind === 'anonymous' || kind === 'player') {
      return reply
        .code(kind === 'player' ? 403 : 401)
        .send({ error: 'metrics require the credential of a service or an operator' })
    }
    return reply.type(PROMETHEUS_TYPE).send(await metrics())
  })
}

/** Refuses a request without reading its body, which is discarded until the connection is closed. */
function refuseEarly(app: FastifyInstance, gateways: readonly Gateway[]): void {
  app.addHook('onRequest', async (request, reply) =>
    request.is404 ? fail(gateways, NOT_FOUND, request, reply) : undefined,
  )
  app.addHook('onResponse', async ({ raw }) => {
    if (raw.complete || raw.destroyed) return
    // A route that has read a part of it may still wait for more, and would hold back the connection's next request. A body that is
    // discarded already would stop if it had no listeners to remove.
    if (raw.listenerCount('readable') > 0) raw.removeAllListeners('readable')
    raw.resume()
    const timer = setTimeout(() => raw.destroy(), LINGER_MILLISECONDS)
    raw.once('close', () => clearTimeout(timer))
  })
}

/** A body is bytes until its route reads it: clients label JSON as anything, and an empty body as JSON. */
function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', async (request) => {
    if (!isForm(request)) request.headers['content-type'] = 'application/octet-stream'
  })
  app.addContentTypeParser('*', bodyOf)
  app.register(multipart, {
    limits: { fields: 16, files: 4, parts: 20, fieldSize: MAX_FIELD_BYTES, headerPairs: 100 },
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
    onRequest: (request, reply) => admit({ gateway, mount, route, host, request, reply }),
    handler: (request, reply) => respond({ gateway, mount, route, host, request, reply }),
  })
}

/** Rejects the other methods of a path with 405. */
function addRefusals(
  app: FastifyInstance,
  gateway: Gateway,
  mount: string,
  path: string,
  routes: readonly Route[],
): void {
  const known = routes.map(({ method }) => method as string)
  const others = METHODS.filter((method) => !known.includes(method))
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('allow', known.join(', '))
    return sendFailure(gateway, { status: 405, error: undefined }, headOf(request, mount), undefined, reply)
  }
  // The hook refuses the request before its body is read.
  app.route({ method: others, url: mount + path, onRequest: handler, handler })
}

/** Answers errors before a route, such as a body that is too large or a malformed path. */
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
