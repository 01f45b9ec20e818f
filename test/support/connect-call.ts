import {
  create,
  type DescMethod,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type Message,
  toJson,
} from '@bufbuild/protobuf'
import { ConnectError } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { createConnectTransport } from '@connectrpc/connect-node'
import type { status } from '@grpc/grpc-js'
import { descriptorRegistry } from '../../src/grpc/descriptors.ts'
import { type RpcOutcome, SUCCESS } from './rpc-call.ts'
import { RPCS, type Rpc } from './rpc-requests.ts'

/** Calls an RPC by the Connect protocol in JSON, and returns the outcome of its first item. */
export async function callConnect(
  baseUrl: string,
  name: string,
  request: object,
  token: string | undefined,
): Promise<RpcOutcome> {
  const { definition, complete } = RPCS.get(name.split(',')[0] as string) as Rpc
  const method = connectMethod(definition.path)
  const message = fromBinary(method.input, definition.requestSerialize(complete(request)))
  const transport = createConnectTransport({ baseUrl, httpVersion: '1.1' })
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  if (method.methodKind === 'bidi_streaming') return upload(baseUrl, method, message, headers)
  const stop = new AbortController()
  try {
    if (method.methodKind === 'unary') {
      const unary = method as DescMethodUnary
      return outcomeOf((await transport.unary(unary, stop.signal, undefined, headers, message)).message)
    }
    const messages = (async function* () {
      yield create(method.input, message)
    })()
    const stream = method as DescMethodStreaming
    const response = await transport.stream(stream, stop.signal, undefined, headers, messages)
    // A watch that was accepted has no end of its own.
    for await (const first of response.message) return outcomeOf(first)
    return SUCCESS
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error
    // gRPC and Connect number the codes alike.
    return { code: error.code as number as status, message: error.rawMessage }
  } finally {
    stop.abort()
  }
}

/** Sends the document of a request as a body, and its other fields as the query. */
async function upload(
  baseUrl: string,
  method: DescMethod,
  message: Message,
  headers: Readonly<Record<string, string>>,
): Promise<RpcOutcome> {
  const options = toJson(method.input, message, { useProtoFieldName: true })
  const { content, ...query } = options as Readonly<Record<string, string>>
  const url = `${baseUrl}/upload/${method.parent.typeName}/${method.name}?${new URLSearchParams(query)}`
  const body = Buffer.from(content ?? '', 'base64')
  const response = await fetch(url, { method: 'POST', headers, body })
  const text = await response.text()
  if (response.ok) return SUCCESS
  const error = errorFromJson(JSON.parse(text), undefined, new ConnectError(text))
  return { code: error.code as number as status, message: error.rawMessage }
}

/** Returns the description of an RPC for clients of Connect. */
export function connectMethod(path: string): DescMethod {
  const [, service = '', name = ''] = path.split('/')
  const method = descriptorRegistry()
    .getService(service)
    ?.methods.find((method) => method.name === name)
  if (method === undefined) throw new Error(`${path} is in none of the descriptors`)
  return method
}

interface AnyResponse extends Message {
  readonly results?: readonly {
    readonly outcome: { readonly case: string; readonly value: RpcOutcome }
  }[]
}

/** A call of several items reports a denial in the item's own result. */
function outcomeOf({ results = [] }: AnyResponse): RpcOutcome {
  const outcome = results[0]?.outcome
  return outcome?.case === 'error' ? outcome.value : SUCCESS
}
