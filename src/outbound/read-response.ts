import type { Dispatcher } from 'undici'
import type { HttpResponse, Limits } from './outbound.ts'
import { OutboundError } from './outbound-error.ts'
import { retryAfter } from './retry-after.ts'

/** What is read of a body beyond what is kept, so that its connection can be used again. */
const DRAINED_BYTES = 1024 * 1024

export async function readResponse(
  host: string,
  { statusCode: status, headers, body }: Dispatcher.ResponseData,
  limits: Limits,
): Promise<HttpResponse> {
  const known = joined(headers as unknown as readonly string[])
  const { text, truncated } = await readBody(body, limits.responseBytes, limits.wholeResponses)
  if (truncated && limits.wholeResponses) {
    const message = `the answer of ${host} is longer than ${limits.responseBytes} bytes`
    throw new OutboundError('too_large', host, message)
  }
  return {
    status,
    headers: known,
    body: text,
    truncated,
    retryAfter: retryAfter(status, known, Date.now()),
  }
}

async function readBody(
  body: Dispatcher.ResponseData['body'],
  limit: number,
  whole: boolean,
): Promise<{ text: string; truncated: boolean }> {
  const kept: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (length < limit) kept.push(chunk.subarray(0, limit - length))
      length += chunk.length
      if (length > limit && (whole || length > limit + DRAINED_BYTES)) break
    }
  } catch (error) {
    if (length <= limit) throw error
  }
  const truncated = length > limit
  // A character that was cut in two is left out.
  return { text: new TextDecoder().decode(Buffer.concat(kept), { stream: truncated }), truncated }
}

/** @param raw names and values by turns */
function joined(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]).toLowerCase()
    const value = String(raw[index + 1])
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}
