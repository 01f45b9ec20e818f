import { Readable } from 'node:stream'
import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, createConnectRouter, createContextValues } from '@connectrpc/connect'
import type { UniversalHandler } from '@connectrpc/connect/protocol'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LaurelError } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import type { Wire } from '../call.ts'
import { descriptorRegistry } from '../descriptors.ts'
import type { Rpc } from '../services.ts'
import { createGate, RESPONSE } from './admission.ts'
import { COMPRESS_MIN_BYTES, COMPRESSIONS } from './compression.ts'
import { connectHandler } from './connect-handlers.ts'
import { sendConnectError, toConnectError } from './errors.ts'
import { checkedBody } from './request-body.ts'

/** 24 days: Connect counts milliseconds in 32 bits, and a call with a longer deadline would end at once. */
const MAX_TIMEOUT_MILLISECONDS = 24 * 24 * 60 * 60 * 1000
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const UNARY_TYPE = /^application\/(json|proto)\s*(;|$)/i
const STREAM_TYPE = /^application\/connect\+(json|proto)\s*(;|$)/i

/** Returns a Fastify plugin that serves RPCs by the Connect protocol, with the handlers of gRPC. */
export function connectPlugin(rpcs: readonly Rpc[], wire: Wire): (app: FastifyInstance) => void {
  return (app) => {
    const router = createConnectRouter({
      grpc: false,
      grpcWeb: false,
      jsonOptions: { ignoreUnknownFields: false, registry: descriptorRegistry() },
      readMaxBytes: LIMITS.messageBytes,
      acceptCompression: COMPRESSIONS,
      compressMinBytes: COMPRESS_MIN_BYTES,
      requestGate: createGate(wire),
    })
    for (const rpc of rpcs) {
      const type = typeOf(rpc)
      const handler = connectHandler(rpc, type, wire)
      if (handler !== undefined) router.rpc(type, handler)
    }
    // Connect reads the body itself, once the caller is known.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _body, done) => done(null))
    for (const rpc of router.handlers) {
      app.route({
        method: METHODS,
        url: rpc.requestPath,
        exposeHeadRoute: false,
        onRequest: async (request, reply) => checkHead(rpc.method, request, reply),
        handler: (request, reply) => respond(rpc, request, reply),
      })
    }
    const refuse = async (request: FastifyRequest, reply: FastifyReply) =>
      sendConnectError(reply, unknownRpc(request.url), 404)
    app.all('/laurel.v1.*', { onRequest: refuse }, refuse)
    app.setErrorHandler((error: FastifyError, request, reply) => sendFailure(wire, error, request, reply))
  }
}

function typeOf({ method }: Rpc): DescMethod {
  const [, service = '', name = ''] = method.path.split('/')
  const type = descriptorRegistry()
    .getService(service)
    ?.methods.find((method) => method.name === name)
  if (type === undefined) throw new Error(`${method.path} is in none of the descriptors`)
  return type
}

/** Refuses other methods and content types before the body is read. Connect responds to them without a text. */
function checkHead(
  { methodKind, idempotency }: DescMethod,
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  const isUnary = methodKind === 'unary'
  const isSafe = idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS
  const allowed = isUnary && isSafe ? ['GET', 'POST'] : ['POST']
  if (!allowed.includes(method)) {
    const error = new ConnectError(`the method must be ${allowed.join(' or ')}`, Code.InvalidArgument)
    return sendConnectError(reply.header('allow', allowed.join(', ')), error, 405)
  }
  const types = isUnary ? UNARY_TYPE : STREAM_TYPE
  if (method === 'GET' || types.test(headers['content-type'] ?? '')) return undefined
  return sendConnectError(reply, wrongType(), 415)
}

async function respond(
  rpc: UniversalHandler,
  { method, url, raw }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  const { status, header, body } = await rpc({
    httpVersion: raw.httpVersion,
    method,
    url: new URL(url, 'http://localhost').href,
    header: headersOf(raw.headersDistinct),
    body: checkedBody(rpc.method, raw),
    signal: controller.signal,
    contextValues: createContextValues().set(RESPONSE, reply.raw),
  })
  reply.code(status).headers({ ...Object.fromEntries(header ?? []), 'cache-control': 'no-store' })
  if (rpc.method.methodKind !== 'unary') {
    // A server that stops need not wait for another request on the connection.
    return reply.header('connection', 'close').send(Readable.from(body ?? []))
  }
  const chunks = await Array.fromAsync(body ?? [])
  return reply.send(Buffer.concat(chunks))
}

function headersOf(headers: NodeJS.Dict<string[]>): Headers {
  const found = new Headers()
  for (const [name, values = []] of Object.entries(headers)) {
    for (const value of values) found.append(name, value)
  }
  const timeout = Number(found.get('connect-timeout-ms'))
  if (timeout > MAX_TIMEOUT_MILLISECONDS) found.set('connect-timeout-ms', String(MAX_TIMEOUT_MILLISECONDS))
  return found
}

/** Sends an error before the RPC: of the check of hosts, or of the framework. */
function sendFailure(
  { log }: Wire,
  error: FastifyError,
  { url }: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const isFault = !(error instanceof LaurelError) && error.statusCode === undefined
  if (isFault) log.error({ err: error, url }, 'a request failed')
  return sendConnectError(reply, toConnectError(error), error.statusCode)
}

function wrongType(): ConnectError {
  const message =
    'the content type must be application/json or application/proto, and application/connect+json or application/connect+proto for an ' +
    'RPC with a stream of responses'
  return new ConnectError(message, Code.InvalidArgument)
}

function unknownRpc(path: string): ConnectError {
  const message = `there is no RPC ${JSON.stringify(path.slice(0, LIMITS.id))}, or it streams both ways, which gRPC alone can`
  return new ConnectError(message, Code.Unimplemented)
}
