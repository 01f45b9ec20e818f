import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  fromJson,
  type JsonObject,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { codeFromHttpStatus, errorFromJson } from '@connectrpc/connect/protocol-connect'
import { errorTypes, toConnectError } from './errors.ts'

/** A document: the body of an upload. */
export type Document = string | Uint8Array<ArrayBuffer> | Blob | ReadableStream<Uint8Array<ArrayBuffer>>

/** Everything that an upload needs besides its document. */
export interface UploadTarget<Input extends DescMessage, Output extends DescMessage> {
  readonly baseUrl: string
  readonly method: DescMethodBiDiStreaming<Input, Output>
  readonly options: MessageInitShape<Input>
  readonly headers: Headers
  readonly signal: AbortSignal
}

/** Sends a document to an RPC that takes one, and yields its responses. It is not repeated: a document may be a stream. */
export async function* upload<Input extends DescMessage, Output extends DescMessage>(
  { baseUrl, method, options, headers, signal }: UploadTarget<Input, Output>,
  document: Document,
): AsyncGenerator<MessageShape<Output>, void> {
  const json = toJson(method.input, create(method.input, options), { useProtoFieldName: true }) as JsonObject
  const query = new URLSearchParams(
    Object.entries(json).map(([name, value]): [string, string] => [name, queryValue(value)]),
  )
  const url = `${baseUrl}/upload/${method.parent.typeName}/${method.name}?${query}`
  try {
    // Node's fetch demands `duplex` for a stream; the type of fetch does not have it everywhere.
    const init = { method: 'POST', headers, body: document, signal, duplex: 'half' }
    const response = await fetch(url, init as RequestInit)
    if (!response.ok || response.body === null) throw await errorOf(response)
    for await (const line of linesOf(response.body)) {
      const value = JSON.parse(line) as JsonObject
      // An error after the first response is the last line.
      if (value['error'] !== undefined) throw errorFrom(value['error'], Code.Internal)
      yield fromJson(method.output, value, { registry: errorTypes, ignoreUnknownFields: true })
    }
  } catch (thrown) {
    throw toConnectError(signal.aborted ? signal.reason : thrown)
  }
}

/** A map is a JSON object; enums and texts are written as they are. */
function queryValue(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function errorOf(response: Response): Promise<ConnectError> {
  const text = await response.text()
  try {
    return errorFrom(JSON.parse(text), codeFromHttpStatus(response.status))
  } catch (error) {
    return error instanceof SyntaxError
      ? new ConnectError(`HTTP ${response.status}`, codeFromHttpStatus(response.status))
      : toConnectError(error)
  }
}

function errorFrom(json: JsonValue, fallback: Code): ConnectError {
  return errorFromJson(json, undefined, new ConnectError(JSON.stringify(json), fallback))
}

async function* linesOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { done, value = '' } = await reader.read()
    const lines = (rest + value).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (done) break
  }
  if (rest !== '') throw new TypeError('the response ended within a line')
}
