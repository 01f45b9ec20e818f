import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { authorize } from '../../service/authorization.ts'
import type { Call } from '../../service/call.ts'
import { abortWhenClosed } from '../../sockets.ts'
import { type CorsAccess, originHeaders, preflightHeaders } from '../cors.ts'
import { failureOf, problemOf } from '../failures.ts'
import type { Failure } from '../gateway.ts'
import { noteFailure, observeCall } from '../observed-call.ts'
import { headOf } from '../request.ts'
import type { Host } from '../respond.ts'
import { readWatch } from './request.ts'
import { EventStream, endText, piecesOf } from './stream.ts'

export interface EventsHost extends Pick<Host, 'operations' | 'authenticate' | 'limiter' | 'onCall'> {
  /** Origins of web pages that may read events. */
  readonly allowedOrigins: ReadonlySet<string>
  /** The maximum time without a write, in milliseconds. */
  readonly heartbeat: number
  /** The maximum time without reads by the client, in milliseconds. */
  readonly writeTimeout: number
}

const PATH = '/events'
const ACCESS: CorsAccess = { methods: 'GET', headers: 'authorization,last-event-id' }
const OTHER_METHODS = ['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** Serves events to browsers, as server-sent events. */
export function addEvents(app: FastifyInstance, host: EventsHost): void {
  const open = new Set<FastifyReply['raw']>()
  app.get(PATH, { exposeHeadRoute: false }, async (request, reply) => {
    open.add(reply.raw)
    reply.raw.once('close', () => open.delete(reply.raw))
    await stream(host, request, reply)
    return reply
  })
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(originHeaders(request.headers, host.allowedOrigins))
    const preflight =
      request.method === 'OPTIONS' && preflightHeaders(request.headers, host.allowedOrigins, ACCESS)
    if (preflight) return reply.code(204).headers(preflight).send()
    return reply.code(405).header('allow', 'GET').send({ error: 'use GET to read events' })
  }
  // The hook responds before a body is read.
  app.route({ method: OTHER_METHODS, url: PATH, onRequest: handler, handler })
  // Other streams end by themselves.
  app.addHook('preClose', async () => {
    for (const response of open) if (response.writableNeedDrain) response.destroy()
  })
}

/** Reports errors with a status before the first page, and in the stream afterwards. */
async function stream(host: EventsHost, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const headers = originHeaders(request.headers, host.allowedOrigins)
  const begin = () => {
    reply.hijack()
    return new EventStream(reply.raw, headers, host.writeTimeout)
  }
  let events: EventStream | undefined
  let resumeToken: string | undefined
  try {
    const call = await callOf(host, request, reply)
    const { query, headers: given } = headOf(request, '')
    const watch = { ...readWatch(query, given['last-event-id']), heartbeatMilliseconds: host.heartbeat }
    for await (const page of host.operations.watchProgress(watch, call)) {
      events ??= begin()
      for (const piece of piecesOf(watch.titleId, page)) {
        resumeToken = piece.resumeToken
        await events.send(piece.text, call.signal)
      }
    }
  } catch (error) {
    if (reply.raw.destroyed) return
    const failure = failureOf(error)
    noteFailure(request, error)
    if (events === undefined && !isTemporary(failure)) return refuse(reply, failure, headers)
    const end = endText(failure.error, failure.error?.metadata['resumeToken'] ?? resumeToken)
    ;(events ?? begin()).end(end)
  }
}

async function callOf(host: EventsHost, request: FastifyRequest, reply: FastifyReply): Promise<Call> {
  const { signal } = abortWhenClosed(reply.raw)
  const observed = observeCall(host.onCall, { system: 'sse', method: PATH }, request, reply)
  const { authorization } = request.headers
  const principal = await host.authenticate(authorization, signal, () => request.raw.socket.remoteAddress)
  observed.principal = principal.name
  // The `close` event has been emitted: nothing would close the call.
  signal.throwIfAborted()
  // Before the query is read: anonymous callers get no information about it.
  authorize(principal, [])
  const counted = host.limiter.open(principal, 'watch')
  reply.raw.once('close', () => counted.close())
  return { signal, principal, actor: principal.name, operation: PATH }
}

/** Temporary failures are sent in a stream that ends at once: a browser never reconnects after a status other than 200. */
function isTemporary({ status }: Failure): boolean {
  return status === 429 || status === 503 || status === 504
}

function refuse(reply: FastifyReply, { status, error }: Failure, headers: Record<string, string>): void {
  const isGone = error?.reason === 'RESUME_TOKEN_EXPIRED'
  reply
    .code(isGone ? 410 : status)
    .headers(headers)
    .send(problemOf(error))
}
