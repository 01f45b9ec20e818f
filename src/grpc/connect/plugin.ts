import { Readable } from 'node:stream'
import type { DescMethod } from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError, createConnectRouter, createContextValues } from '@connectrpc/connect'
import type { UniversalHandler } from '@connectrpc/connect/protocol'
import { errorFromJsonBytes } from '@connectrpc/connect/protocol-connect'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { LaurelError } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import { abortWhenClosed } from '../../sockets.ts'
import type { Wire } from '../call.ts'
import { descriptorRegistry } from '../descriptors.ts'
import type { Rpc } from '../services.ts'
import { admittedCallOf, createGate, RESPONSE } from './admission.ts'
import { COMPRESS_MIN_BYTES, COMPRESSIONS, decompress } from './compression.ts'
import { connectHandler } from './connect-handlers.ts'
import { checkMethod, sendConnectError, toConnectError } from './errors.ts'
import { OBSERVED, observeCall } from './observed-call.ts'
import { checkedBody, headersOf } from './request.ts'
import { addUpload, isUpload, uploadPath } from './upload.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const UNARY_TYPE = /^application\/(json|proto)\s*(;|$)/i
const UNKNOWN = new ConnectError('unknown', Code.Unknown)
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
      const handler = connectHandler(rpc, type)
      if (handler !== undefined) router.rpc(type, handler)
      else addBidi(app, rpc, type, wire)
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
        handler: (request, reply) => respond(rpc, wire, request, reply),
      })
    }
    const refuse = async (request: FastifyRequest, reply: FastifyReply) =>
      sendConnectError(reply, unknownRpc(request.url), 404)
    for (const prefix of ['', '/upload']) app.all(`${prefix}/laurel.v1.*`, { onRequest: refuse }, refuse)
    app.setErrorHandler((error: FastifyError, request, reply) => sendFailure(wire, error, request, reply))
  }
}

/** Serves an RPC that streams both ways as an upload, or refuses it and names the RPC to call instead. */
function addBidi(app: FastifyInstance, rpc: Rpc, type: DescMethod, wire: Wire): void {
  const message = isUpload(type)
    ? `${type.name} streams both ways, which needs gRPC: send the document to ${uploadPath(type)} instead`
    : `${type.name} streams both ways, which needs gRPC: call BatchRecordProgress instead`
  const refuse = async (_request: FastifyRequest, reply: FastifyReply) =>
    sendConnectError(reply, new ConnectError(message, Code.Unimplemented))
  app.all(rpc.method.path, { onRequest: refuse }, refuse)
  if (isUpload(type)) addUpload(app, rpc, type, wire)
  else app.all(uploadPath(type), { onRequest: refuse }, refuse)
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
  const refusal = checkMethod(method, allowed, reply)
  if (refusal !== undefined) return refusal
  const types = isUnary ? UNARY_TYPE : STREAM_TYPE
  if (method === 'GET' || types.test(headers['content-type'] ?? '')) return undefined
  return sendConnectError(reply, wrongType(), 415)
}

async function respond(
  rpc: UniversalHandler,
  wire: Wire,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { method, url, raw } = request
  const { signal } = abortWhenClosed(reply.raw)
  const observed = observeCall(wire, rpc.requestPath, request, reply)
  const contextValues = createContextValues().set(RESPONSE, reply.raw).set(OBSERVED, observed)
  const countedOf = () => admittedCallOf({ values: contextValues }).counted
  const { status, header, body } = await rpc({
    httpVersion: raw.httpVersion,
    method,
    url: new URL(url, 'http://localhost').href,
    header: headersOf(raw),
    body: checkedBody(rpc.method, raw, countedOf),
    signal,
    contextValues,
  })
  reply.code(status).headers({ ...Object.fromEntries(header ?? []), 'cache-control': 'no-store' })
  if (rpc.method.methodKind !== 'unary') {
    // A server that stops need not wait for another request on the connection.
    return reply.header('connection', 'close').send(Readable.from(body ?? []))
  }
  const bytes = Buffer.concat(await Array.fromAsync(body ?? []))
  // Connect's own refusals, as of a malformed body, reach no handler.
  if (status !== 200) {
    const json = decompress(bytes, header?.get('content-encoding'))
    observed.error ??= errorFromJsonBytes(json, header, UNKNOWN)
  }
  // Until the connection has taken it, which may be never. A refused call is not counted, and its error is short.
  if (status === 200) countedOf().reserve(bytes.length, 'response')
  return reply.send(bytes)
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
  return new ConnectError(`there is no RPC ${JSON.stringify(path.slice(0, LIMITS.id))}`, Code.Unimplemented)
}
