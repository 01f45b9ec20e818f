import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import {
  create,
  type DescField,
  type DescMethod,
  fromJson,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { errorToJson, parseTimeout } from '@connectrpc/connect/protocol-connect'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { invalidArgument } from '../../model/errors.ts'
import { abortWhenClosed } from '../../sockets.ts'
import { authenticatedCall, operationOf, type Wire } from '../call.ts'
import type { BidiStreamHandler } from '../handlers.ts'
import { jsonOf } from '../message-json.ts'
import type { Rpc } from '../services.ts'
import { checkMethod, sendConnectError, toConnectError } from './errors.ts'
import { checkJsonMessage } from './json-message.ts'
import { decode, encode } from './messages.ts'
import { observeCall } from './observed-call.ts'
import { compressed, headersOf, MAX_TIMEOUT_MILLISECONDS } from './request.ts'

/** The field of a request with a piece of the document; the others are options. */
export const CONTENT = 'content'

/** Whether the requests of an RPC are the pieces of one document, so that HTTP/1.1 can carry them. */
export function isUpload({ methodKind, input }: DescMethod): boolean {
  return methodKind === 'bidi_streaming' && input.fields.some(({ name }) => name === CONTENT)
}

/** Returns the path that takes the document as its body and the options as its query, and responds with lines of JSON. */
export function uploadPath(type: DescMethod): string {
  return `/upload/${type.parent.typeName}/${type.name}`
}

export function addUpload(app: FastifyInstance, rpc: Rpc, type: DescMethod, wire: Wire): void {
  const onRequest = async ({ method }: FastifyRequest, reply: FastifyReply) =>
    checkMethod(method, ['POST'], reply)
  app.all(uploadPath(type), { onRequest, config: { isUpload: true } }, async (request, reply) => {
    const lines = responsesOf(rpc, type, wire, request, reply)
    try {
      const first = await lines.next()
      reply.headers({
        'content-type': 'application/x-ndjson',
        'cache-control': 'no-store',
        connection: 'close',
      })
      return reply.send(Readable.from(withError(first.done === true ? '' : first.value, lines)))
    } catch (error) {
      return sendConnectError(reply, toConnectError(error))
    }
  })
}

/** Yields the lines. An error after the first of them can have no status, so it is the last line. */
async function* withError(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield first
    yield* rest
  } catch (error) {
    yield `${JSON.stringify({ error: errorToJson(toConnectError(error), undefined) })}\n`
  }
}

/** Authenticates the caller, and yields the responses of the RPC. @throws ConnectError or LaurelError */
async function* responsesOf(
  rpc: Rpc,
  type: DescMethod,
  wire: Wire,
  request: FastifyRequest,
  reply: FastifyReply,
): AsyncGenerator<string> {
  const { raw, query } = request
  const observed = observeCall(wire, rpc.method.path, request, reply)
  const signal = signalOf(raw, reply)
  try {
    const headers = headersOf(raw)
    const header = (name: string) => headers.get(name) ?? undefined
    const source = { operation: operationOf(rpc.method.path), address: () => raw.socket.remoteAddress }
    const call = await authenticatedCall(wire.authenticate, header, source, signal, observed.trace)
    observed.call = call
    signal.throwIfAborted()
    const counted = wire.limiter.open(call.principal, 'stream')
    reply.raw.once('close', () => counted.close())
    if ((raw.headers['content-encoding'] ?? 'identity') !== 'identity') throw compressed()
    const requests = requestsOf(rpc, type, raw, readOptions(type, query as Query))
    for await (const response of (rpc.handler as BidiStreamHandler<object, unknown>).handle(requests, call)) {
      signal.throwIfAborted()
      yield `${JSON.stringify(jsonOf(type.output, encode(rpc, type, response)))}\n`
    }
  } catch (error) {
    observed.error = signal.aborted ? signal.reason : error
    throw observed.error
  }
}

/** Returns a signal that aborts at the deadline, and when the caller leaves. */
function signalOf(raw: IncomingMessage, reply: FastifyReply): AbortSignal {
  const controller = abortWhenClosed(reply.raw)
  const { timeoutMs, error } = parseTimeout(
    headersOf(raw).get('connect-timeout-ms'),
    MAX_TIMEOUT_MILLISECONDS,
  )
  if (error !== undefined) throw error
  const late = () => controller.abort(new ConnectError('the operation timed out', Code.DeadlineExceeded))
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs)
  reply.raw.once('close', () => clearTimeout(timer))
  return controller.signal
}

/** Yields the options, and then the pieces of the document as they arrive. */
async function* requestsOf(
  rpc: Rpc,
  type: DescMethod,
  raw: IncomingMessage,
  options: Message,
): AsyncGenerator<object> {
  yield decode(rpc, type, options) as object
  const empty = decode(rpc, type, create(type.input)) as object
  // The response to a body that is not read to its end needs the connection.
  for await (const content of raw.iterator({ destroyOnReturn: false })) yield { ...empty, content }
}

type Query = Readonly<Record<string, string | string[]>>

/**
 * Returns the first request, with the options of the query: in a JSON object for a map.
 * @throws LaurelError INVALID_ARGUMENT with the names of all parameters at fault
 */
function readOptions({ input }: DescMethod, query: Query): Message {
  const fields = new Map(input.fields.map((field) => [field.name, field]))
  const members = Object.entries(query).map(([name, value]) => {
    if (name === CONTENT) throw invalidArgument([{ field: name, message: 'must be the body of the request' }])
    if (Array.isArray(value)) throw invalidArgument([{ field: name, message: 'must be given once' }])
    return `${JSON.stringify(name)}:${optionText(fields.get(name), value)}`
  })
  const text = `{${members.join()}}`
  checkJsonMessage(input, Buffer.from(text))
  return fromJson(input, JSON.parse(text))
}

/** Returns the JSON text of an option. */
function optionText(field: DescField | undefined, text: string): string {
  const isJson = field?.fieldKind === 'map' || field?.scalar === ScalarType.BOOL
  try {
    if (isJson) JSON.parse(text)
    return isJson ? text : JSON.stringify(text)
  } catch {
    return JSON.stringify(text)
  }
}
