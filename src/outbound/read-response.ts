import type { Dispatcher } from 'undici'
import type { HttpResponse, Limits, StreamedResponse } from './contract.ts'
import { OutboundError, requestFailure } from './outbound-error.ts'

/** Bytes read beyond the kept ones, so that the connection can be reused. */
const MAX_DRAINED_BYTES = 1024 * 1024
const MAX_RETRY_AFTER_MILLISECONDS = 60 * 60 * 1000
const TOO_MANY_REQUESTS = 429
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** @throws OutboundError `too_large` */
export async function readResponse(
  host: string,
  { statusCode: status, headers: rawHeaders, body }: Dispatcher.ResponseData,
  { maxResponseBytes, requiresWholeResponse }: Limits,
): Promise<HttpResponse> {
  const headers = joinHeaders(rawHeaders as unknown as readonly string[])
  const { bytes, isTruncated } = await readBody(body, maxResponseBytes, requiresWholeResponse)
  if (isTruncated && requiresWholeResponse) {
    const message = `the response of ${host} is longer than ${maxResponseBytes} bytes`
    throw new OutboundError('too_large', host, message)
  }
  const retryAfterMilliseconds = retryAfterOf(status, headers, Date.now())
  // Streaming mode drops a character that was cut in two.
  const text = new TextDecoder().decode(bytes, { stream: isTruncated })
  return { status, headers, body: text, bytes, isTruncated, retryAfterMilliseconds }
}

/** Returns the response at its headers. */
export function streamResponse(
  host: string,
  { statusCode: status, headers: rawHeaders, body }: Dispatcher.ResponseData,
): StreamedResponse {
  const headers = joinHeaders(rawHeaders as unknown as readonly string[])
  const retryAfterMilliseconds = retryAfterOf(status, headers, Date.now())
  return { status, headers, retryAfterMilliseconds, content: contentOf(host, body) }
}

async function* contentOf(host: string, body: Dispatcher.ResponseData['body']): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) yield chunk
  } catch (error) {
    throw requestFailure(host, error)
  } finally {
    // A body that is not read to its end would keep the connection.
    body.on('error', () => {}).destroy()
  }
}

async function readBody(
  body: Dispatcher.ResponseData['body'],
  limit: number,
  requiresWhole: boolean,
): Promise<{ bytes: Uint8Array; isTruncated: boolean }> {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (length < limit) chunks.push(chunk.subarray(0, limit - length))
      length += chunk.length
      if (length > limit && (requiresWhole || length > limit + MAX_DRAINED_BYTES)) break
    }
  } catch (error) {
    if (length <= limit) throw error
  }
  return { bytes: Buffer.concat(chunks), isTruncated: length > limit }
}

/** @param raw names and values, alternating */
function joinHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>()
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]).toLowerCase()
    const value = String(raw[index + 1])
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}

/**
 * Returns the longest wait that any header asks for, in milliseconds. The reset time of a quota counts only if the quota
 * is used up.
 * @param now in milliseconds, for a response without a Date header
 */
export function retryAfterOf(
  status: number,
  headers: ReadonlyMap<string, string>,
  now: number,
): number | undefined {
  const isUsedUp = (remaining: string | undefined) =>
    remaining === undefined ? status === TOO_MANY_REQUESTS : Number(remaining) === 0
  const waits = [
    // In a successful response Retry-After means when to poll again, which is no rate limit.
    status >= 400 ? retryAfterHeader(headers, now) : undefined,
    isUsedUp(headers.get('x-ratelimit-remaining'))
      ? milliseconds(headers.get('x-ratelimit-reset-after'))
      : undefined,
    isUsedUp(headers.get('ratelimit-remaining')) ? milliseconds(headers.get('ratelimit-reset')) : undefined,
    ...quotas(headers.get('ratelimit'))
      .filter(({ remaining }) => isUsedUp(remaining))
      .map(({ reset }) => milliseconds(reset)),
  ].filter((wait) => wait !== undefined)
  return waits.length === 0 ? undefined : Math.min(MAX_RETRY_AFTER_MILLISECONDS, Math.max(...waits))
}

function retryAfterHeader(headers: ReadonlyMap<string, string>, now: number): number | undefined {
  const text = headers.get('retry-after')
  const until = httpDate(text)
  if (until === undefined) return milliseconds(text)
  // The server's own clock counts: ours may differ.
  return Math.max(0, until - (httpDate(headers.get('date')) ?? now))
}

function httpDate(text: string | undefined): number | undefined {
  const time = text !== undefined && HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}

/** Parses seconds. */
function milliseconds(text: string | undefined): number | undefined {
  const isNumber = text !== undefined && /^\d{1,12}(\.\d{1,12})?$/.test(text)
  return isNumber ? Math.ceil(Number(text) * 1000) : undefined
}

/** Parses the items of `"burst";r=0;t=12, "day";r=900;t=3600`. */
function quotas(text = '') {
  // A quote that is never closed extends to the end: a pattern that fails there would start again at each later quote.
  const items = text.replace(/"(?:[^"\\]|\\.?)*(?:"|$)/g, '').split(',')
  return items.map((item) => ({
    remaining: /;\s*r=(\d+)/.exec(item)?.[1],
    reset: /;\s*t=(\d+)/.exec(item)?.[1],
  }))
}
