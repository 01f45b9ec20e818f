import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../dialect/refusal.ts'
import { LaurelError } from '../model/errors.ts'
import { formatJson } from '../model/exact-json.ts'
import { LIMITS } from '../model/limits.ts'
import { ANONYMOUS } from '../model/principal.ts'
import { authorize } from '../service/authorization.ts'
import type { Authenticate, Call } from '../service/call.ts'
import { readCredential } from '../service/credential.ts'
import type { Operations } from '../service/operations.ts'
import type { Logger } from '../telemetry/log.ts'
import { failureOf } from './failures.ts'
import type {
  Failure,
  Gateway,
  GatewayRequest,
  GatewayResponse,
  RateLimitState,
  RequestHead,
  Route,
} from './gateway.ts'
import type { RateLimiter } from './rate-limiter.ts'
import { formOf, headOf } from './request.ts'

/** The host's parts that every gateway uses. */
export interface Host {
  readonly operations: Operations
  readonly authenticate: Authenticate
  readonly log: Logger
  readonly limiter: RateLimiter
  /** Whether callers are authenticated. */
  readonly checked: boolean
  /** Dialects whose gateways apply their platform's historical restrictions. */
  readonly strict: ReadonlySet<string>
}

export interface Serving {
  readonly gateway: Gateway
  readonly mount: string
  readonly route: Route
  readonly host: Host
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** Handles one request: authentication, rates, the route, and its response or failure. */
export async function respond(serving: Serving): Promise<FastifyReply> {
  const { gateway, mount, host, request, reply } = serving
  const head = headOf(request, mount)
  const counted: { rate?: RateLimitState } = {}
  try {
    const response = await run(serving, head, counted)
    return await send(gateway, response, head, counted.rate, reply)
  } catch (error) {
    if (error instanceof Refusal) return send(gateway, error, head, counted.rate, reply)
    const failure = failureOf(error)
    if (failure.status === 500 && !request.raw.destroyed) {
      host.log.error({ err: error, route: serving.route.name, dialect: gateway.dialect }, 'a request failed')
    }
    return sendFailure(gateway, failure, head, counted.rate, reply)
  }
}

/** Sends a failure in the gateway's format. */
export function sendFailure(
  gateway: Gateway,
  failure: Failure,
  head: RequestHead,
  rate: RateLimitState | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const retryAfter = failure.error?.retryAfter
  if (retryAfter !== undefined) reply.header('retry-after', String(Math.ceil(retryAfter)))
  return send(gateway, gateway.writeFailure(failure, head), head, rate, reply)
}

async function run(
  serving: Serving,
  head: RequestHead,
  counted: { rate?: RateLimitState },
): Promise<GatewayResponse> {
  const { route, host } = serving
  const gatewayRequest = await requestOf(serving, head)
  for (const rate of route.rates?.(gatewayRequest) ?? []) {
    const { state, calls, over } = host.limiter.count(rate, head.now)
    if (counted.rate === undefined || over || state.remaining < counted.rate.remaining) {
      counted.rate = state
    }
    if (!over) continue
    const message = `more than ${rate.limit} calls in ${rate.periodSeconds} seconds`
    throw new LaurelError('resource_exhausted', 'RATE_LIMITED', message, {
      retryAfter: state.resetAfter,
      metadata: {
        limit: String(rate.limit),
        periodSeconds: String(rate.periodSeconds),
        calls: String(calls),
      },
    })
  }
  return route.handle(gatewayRequest)
}

async function requestOf(
  { gateway, route, host, request, reply }: Serving,
  head: RequestHead,
): Promise<GatewayRequest> {
  const controller = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort()
  })
  const { signal } = controller
  const { authorization } = head.headers
  const principal =
    route.open === true && authorization === undefined
      ? ANONYMOUS
      : await host.authenticate(authorization, signal)
  // Before the route reads the body: anonymous callers get no information about it.
  if (principal.kind === 'anonymous' && route.open !== true) authorize(principal, [])
  const call: Call = { signal, principal, actor: principal.name }
  return {
    ...head,
    body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
    form: () => formOf(request, route.maxBodyBytes ?? LIMITS.messageBytes),
    operations: host.operations,
    call,
    strict: host.strict.has(gateway.dialect),
    checked: host.checked,
    credential: readCredential(authorization),
  }
}

async function send(
  gateway: Gateway,
  { status, headers = {}, body }: GatewayResponse,
  head: RequestHead,
  rate: RateLimitState | undefined,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.code(status).headers({ ...gateway.headers?.(head, rate), ...headers })
  if (body === undefined) return reply.send()
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body))
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    return reply.send(Readable.from(body))
  }
  if (!reply.hasHeader('content-type')) reply.header('content-type', 'application/json')
  // As bytes, because the framework adds a charset to the content type of text.
  return reply.send(Buffer.from(formatJson(body)))
}
