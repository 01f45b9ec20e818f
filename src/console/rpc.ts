import { ApiError, errorFromJson, errorOfResponse } from './api-error.ts'
import { requestToken, token } from './session.ts'

/** Calls an RPC with one response. After a sign-in that it has asked for it is repeated, so that no edit is lost. */
export async function callUnary(path: string, request: object, signal?: AbortSignal): Promise<unknown> {
  const response = await send(path, 'application/json', JSON.stringify(request), signal)
  return orUnavailable(response.json(), signal)
}

const HEADER_BYTES = 5
const END_OF_STREAM = 2

/** Calls an RPC with a stream of responses: Connect's frames of a flag, a length of 32 bits, and JSON. */
export async function* callStream<Message>(
  path: string,
  request: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<Message> {
  const message = new TextEncoder().encode(JSON.stringify(request))
  const body = new Uint8Array(HEADER_BYTES + message.length)
  new DataView(body.buffer).setUint32(1, message.length)
  body.set(message, HEADER_BYTES)
  const response = await send(path, 'application/connect+json', body, signal)
  for await (const { flags, text } of framesOf(response, signal)) {
    const value = JSON.parse(text)
    if ((flags & END_OF_STREAM) === 0) yield value as Message
    else if (value.error !== undefined) throw errorFromJson(value.error)
    else return
  }
  throw new ApiError('unavailable', 'the response ended early: repeat the call')
}

async function* framesOf(
  response: Response,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ flags: number; text: string }> {
  let rest = new Uint8Array()
  for await (const chunk of chunksOf(response, signal)) {
    rest = joined(rest, chunk)
    for (;;) {
      const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength)
      const end = rest.length < HEADER_BYTES ? Number.POSITIVE_INFINITY : HEADER_BYTES + view.getUint32(1)
      if (rest.length < end) break
      yield { flags: view.getUint8(0), text: new TextDecoder().decode(rest.subarray(HEADER_BYTES, end)) }
      rest = rest.subarray(end)
    }
  }
}

function joined(first: Uint8Array<ArrayBuffer>, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** Sends a document to an RPC that takes one, and yields its responses, which are lines of JSON. */
export async function* upload<Message>(
  path: string,
  options: object,
  document: BodyInit,
  signal: AbortSignal | undefined,
): AsyncGenerator<Message> {
  const fields = Object.entries(options).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  const url = `/upload${path}?${new URLSearchParams(fields)}`
  const response = await send(url, 'application/octet-stream', document, signal)
  for await (const line of linesOf(response, signal)) {
    const value = JSON.parse(line)
    if (value.error !== undefined) throw errorFromJson(value.error)
    yield value as Message
  }
}

async function* linesOf(response: Response, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of chunksOf(response, signal)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') throw new ApiError('unavailable', 'the response ended early: repeat the call')
}

async function* chunksOf({ body }: Response, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader()
  for (;;) {
    const { done, value } = (reader && (await orUnavailable(reader.read(), signal))) ?? { done: true }
    if (done || value === undefined) return
    yield value
  }
}

/** Sends a request with the token. If the server knows no caller, people sign in, and the request is sent again. */
async function send(
  path: string,
  type: string,
  body: BodyInit,
  signal: AbortSignal | undefined,
): Promise<Response> {
  for (;;) {
    const current = token.peek()
    const headers = {
      'content-type': type,
      ...(type.startsWith('application/json') && { 'connect-protocol-version': '1' }),
      ...(current !== undefined && { authorization: `Bearer ${current}` }),
    }
    const init = { method: 'POST', headers, body, ...(signal !== undefined && { signal }) }
    const response = await orUnavailable(fetch(path, init), signal)
    if (response.ok) return response
    const error = errorOfResponse(response.status, await orUnavailable(response.text(), signal))
    if (error.code !== 'unauthenticated') throw error
    await requestToken(current, error.message)
    signal?.throwIfAborted()
  }
}

/** Awaits a part of a response. A broken connection becomes `unavailable`; an abort stays. */
async function orUnavailable<Part>(part: Promise<Part>, signal: AbortSignal | undefined): Promise<Part> {
  try {
    return await part
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError('unavailable', 'the server cannot be reached: check that it runs, and repeat')
  }
}
