import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../dialect/refusal.ts'
import { formatJson } from '../model/exact-json.ts'
import { LIMITS } from '../model/limits.ts'
import { ANONYMOUS } from '../model/principal.ts'
import type { RateLimiter, RateLimitState } from '../model/rate-limiter.ts'
import { authorize } from '../service/authorization.ts'
import type { Authenticate, Call } from '../service/call.ts'
import type { CallLimiter, OpenCall } from '../service/call-limiter.ts'
import { readCredential } from '../service/credential.ts'
import type { Operations } from '../service/operations.ts'
import { abortWhenClosed } from '../sockets.ts'
import type { ObserveCall } from '../telemetry/calls.ts'
import type { Logger } from '../telemetry/log.ts'
import { inTrace } from '../telemetry/spans.ts'
import { failureOf } from './failures.ts'
import type { Failure, Gateway, GatewayRequest, GatewayResponse, RequestHead, Route } from './gateway.ts'
import { noteFailure, observeCall } from './observed-call.ts'
import { formOf, headOf, isForm, readBody } from './request.ts'

/** The host's parts that every gateway uses. */
export interface Host {
  readonly operations: Operations
  readonly authenticate: Authenticate
  readonly log: Logger
  /** Called with each call when it ends. */
  readonly onCall: ObserveCall
  /** Shared by all wires. */
  readonly limiter: CallLimiter
  /** Counts calls against the rates of the platforms. */
  readonly rates: RateLimiter
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

/** A request whose caller is known. */
interface Admitted {
  readonly call: Call
  readonly counted: OpenCall
}

const admitted = new WeakMap<FastifyRequest, Admitted>()

/** Authenticates the caller before the request's body is read, and counts the call as open. Sends a failure. */
export async function admit(serving: Serving): Promise<FastifyReply | undefined> {
  const { host, route, request, reply } = serving
  const { signal } = abortWhenClosed(reply.raw)
  const observed = observeCall(
    host.onCall,
    { system: serving.gateway.dialect, method: route.name },
    request,
    reply,
  )
  const { authorization } = request.headers
  try {
    const principal =
      route.open === true && authorization === undefined
        ? ANONYMOUS
        : await host.authenticate(authorization, signal, () => request.raw.socket.remoteAddress)
    observed.principal = principal.name
    // Its `close` event has been emitted: nothing would close the call.
    signal.throwIfAborted()
    if (principal.kind === 'anonymous' && route.open !== true) authorize(principal, [])
    const counted = host.limiter.open(principal, isForm(request) ? 'stream' : 'unary')
    reply.raw.once('close', () => counted.close())
    const operation = `${serving.gateway.dialect}/${route.name}`
    admitted.set(request, {
      call: { signal, principal, actor: principal.name, operation, trace: observed.trace },
      counted,
    })
    return undefined
  } catch (error) {
    return sendError(serving, error, headOf(request, serving.mount), undefined)
  }
}

/** Reads the body of an admitted request. */
export function bodyOf(request: FastifyRequest, payload: Readable): Promise<Buffer> {
  const { counted } = admitted.get(request) as Admitted
  return readBody(payload, request, request.routeOptions.bodyLimit, counted)
}

/** Handles one admitted request: rates, the route, and its response or failure. */
export async function respond(serving: Serving): Promise<FastifyReply> {
  const { gateway, mount, request, reply } = serving
  const head = headOf(request, mount)
  const counted: { rate?: RateLimitState } = {}
  try {
    const { counted: open, call } = admitted.get(request) as Admitted
    const response = await inTrace(call.trace, () => run(serving, head, counted))
    open.endTurn()
    return await send(gateway, response, head, counted.rate, reply, open)
  } catch (error) {
    return sendError(serving, error, head, counted.rate)
  }
}

function sendError(
  { gateway, request, reply }: Serving,
  error: unknown,
  head: RequestHead,
  rate: RateLimitState | undefined,
): Promise<FastifyReply> {
  noteFailure(request, error)
  if (error instanceof Refusal) return send(gateway, error, head, rate, reply)
  return sendFailure(gateway, failureOf(error), head, rate, reply)
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
  const { call, counted: open } = admitted.get(serving.request) as Admitted
  await open.turn(call.signal)
  const gatewayRequest = requestOf(serving, head, call, open)
  for (const rate of route.rates?.(gatewayRequest) ?? []) {
    const { state, error } = host.rates.count(rate, head.now)
    if (counted.rate === undefined || error !== undefined || state.remaining < counted.rate.remaining) {
      counted.rate = state
    }
    if (error !== undefined) throw error
  }
  return route.handle(gatewayRequest)
}

function requestOf(
  { gateway, route, host, request }: Serving,
  head: RequestHead,
  call: Call,
  counted: OpenCall,
): GatewayRequest {
  return {
    ...head,
    body: request.body instanceof Uint8Array ? request.body : new Uint8Array(),
    form: () => formOf(request, route.maxBodyBytes ?? LIMITS.messageBytes, counted),
    operations: host.operations,
    call,
    strict: host.strict.has(gateway.dialect),
    checked: host.checked,
    credential: readCredential(head.headers['authorization']),
  }
}

async function send(
  gateway: Gateway,
  { status, headers = {}, body }: GatewayResponse,
  head: RequestHead,
  rate: RateLimitState | undefined,
  reply: FastifyReply,
  counted?: OpenCall,
): Promise<FastifyReply> {
  reply.code(status).headers({ ...gateway.headers?.(head, rate), ...headers })
  if (body === undefined) return reply.send()
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body) {
    return reply.send(Readable.from(body))
  }
  if (!(body instanceof Uint8Array) && !reply.hasHeader('content-type'))
    reply.header('content-type', 'application/json')
  // As bytes, because the framework adds a charset to the content type of text.
  const bytes = Buffer.from(body instanceof Uint8Array ? body : formatJson(body))
  // Until the connection has taken it, which may be never.
  counted?.reserve(bytes.length, 'response')
  return reply.send(bytes)
}
