import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type LaurelError, serverStopping } from '../../model/errors.ts'
import { authorize } from '../../service/authorization.ts'
import type { Call } from '../../service/services.ts'
import { failureOf, problemOf } from '../failures.ts'
import type { Failure } from '../gateway.ts'
import { headOf } from '../request.ts'
import type { Host } from '../respond.ts'
import { readWatch } from './request.ts'
import { EventStream, endText, piecesOf } from './stream.ts'

export interface EventsHost extends Pick<Host, 'operations' | 'authenticate' | 'log'> {
  /** Of pages that may read events from a browser. */
  readonly allowedOrigins: ReadonlySet<string>
  /** How long a stream is silent at most, in milliseconds. */
  readonly heartbeat: number
  /** How long a client may take nothing, in milliseconds. */
  readonly writeTimeout: number
}

const PATH = '/events'
const OTHER_METHODS = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Tells browsers what happens, as server-sent events. */
export function addEvents(app: FastifyInstance, host: EventsHost): void {
  const open = new Set<FastifyReply['raw']>()
  app.get(PATH, { exposeHeadRoute: false }, async (request, reply) => {
    open.add(reply.raw)
    reply.raw.once('close', () => open.delete(reply.raw))
    await tell(host, request, reply)
    return reply
  })
  app.route({
    method: OTHER_METHODS,
    url: PATH,
    handler: (request, reply) => {
      reply.headers(originHeaders(request.headers, host.allowedOrigins))
      const preflight = request.method === 'OPTIONS' && preflightHeaders(request.headers, host.allowedOrigins)
      if (preflight) return reply.code(204).headers(preflight).send()
      return reply.code(405).header('allow', 'GET').send({ error: 'events are read by GET' })
    },
  })
  // The others have ended by themselves, or are about to.
  app.addHook('preClose', async () => {
    for (const response of open) if (response.writableNeedDrain) response.destroy()
  })
}

/** Answers by a status until the first thing is known; from then on by the stream. */
async function tell(host: EventsHost, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const headers = originHeaders(request.headers, host.allowedOrigins)
  const begin = () => {
    reply.hijack()
    return new EventStream(reply.raw, headers, host.writeTimeout)
  }
  let stream: EventStream | undefined
  let resumeToken: string | undefined
  try {
    const call = await callOf(host, request, reply)
    const { query, headers: given } = headOf(request, '')
    const watch = { ...readWatch(query, given['last-event-id']), heartbeatMilliseconds: host.heartbeat }
    for await (const page of host.operations.watchProgress(watch, call)) {
      stream ??= begin()
      for (const piece of piecesOf(watch.titleId, page)) {
        resumeToken = piece.resumeToken
        await stream.send(piece.text, call.signal)
      }
    }
  } catch (error) {
    if (reply.raw.destroyed) return
    const failure = failureOf(serverStops(error) ?? error)
    if (failure.status === 500) host.log.error({ err: error, route: PATH }, 'a request failed')
    if (stream === undefined && !passes(failure)) return refuse(reply, failure, headers)
    const end = endText(failure.error, failure.error?.metadata['resumeToken'] ?? resumeToken)
    ;(stream ?? begin()).end(end)
  }
}

async function callOf(host: EventsHost, request: FastifyRequest, reply: FastifyReply): Promise<Call> {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  const { signal } = controller
  const principal = await host.authenticate(request.headers.authorization, signal)
  // Before anything is read: who is nobody learns nothing, not even what is wrong with a query.
  authorize(principal, [])
  return { signal, principal, actor: principal.name }
}

/** What was given up although the client is still there. */
function serverStops(error: unknown): LaurelError | undefined {
  if (!(error instanceof Error) || error.name !== 'AbortError') return undefined
  return serverStopping()
}

/** By any status but 200 a browser gives up for good, so what will pass is told in a stream that ends at once. */
function passes({ status }: Failure): boolean {
  return status === 429 || status === 503 || status === 504
}

function refuse(reply: FastifyReply, { status, error }: Failure, headers: Record<string, string>): void {
  const isGone = error?.reason === 'RESUME_TOKEN_EXPIRED'
  reply
    .code(isGone ? 410 : status)
    .headers(headers)
    .send(problemOf(error))
}

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
