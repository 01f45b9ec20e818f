import type { Readable } from 'node:stream'
import { errorCodes, type FastifyRequest } from 'fastify'
import { LaurelError } from '../model/errors.ts'
import { instantFromMilliseconds } from '../model/instant.ts'
import { JoinedBytes } from '../model/joined-bytes.ts'
import type { OpenCall } from '../service/call-limiter.ts'
import type { FormPart, RequestHead } from './gateway.ts'
import { hostNameOf } from './host-name.ts'

/** The maximum size of a form's field that is no file. */
export const MAX_FIELD_BYTES = 64 * 1024

export function headOf(request: FastifyRequest, mount: string): RequestHead {
  const [path = '', query = ''] = splitOnce(request.raw.url ?? request.url, '?')
  return {
    method: request.method,
    mount,
    origin: hostNameOf(request.host) === undefined ? '' : `${request.protocol}://${request.host}`,
    path,
    params: { ...(request.params as Record<string, string> | undefined) },
    query: new URLSearchParams(query),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : value,
      ]),
    ),
    now: instantFromMilliseconds(Date.now()),
  }
}

/** Whether the body is a form, which its route reads part by part. */
export function isForm({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  return /^multipart\/form-data\b/i.test(headers['content-type'] ?? '')
}

/**
 * Reads a body, which counts as held by the call.
 * @throws LaurelError if the caller holds too much; an error with a status if the body is too large or incomplete.
 */
export function readBody(
  payload: Readable,
  { headers }: Pick<FastifyRequest, 'headers'>,
  maxBytes: number,
  counted: OpenCall,
): Promise<Buffer> {
  const { 'content-length': length = maxBytes } = headers
  const body = new JoinedBytes(Number(length), (bytes) => counted.reserve(bytes))
  return new Promise((resolve, reject) => {
    const end = (error?: unknown) => {
      payload.off('data', add).off('end', end).off('error', onError)
      if (error === undefined) resolve(body.take())
      else reject(error)
    }
    const onError = (error: Error) => end(Object.assign(error, { statusCode: 400 }))
    const add = (chunk: Uint8Array) => {
      try {
        if (body.length + chunk.length > maxBytes) throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE()
        body.add(chunk)
      } catch (error) {
        end(error)
      }
    }
    if (Number(length) > maxBytes) end(new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE())
    else payload.on('data', add).once('end', end).once('error', onError)
  })
}

/**
 * Yields the parts of a form as they arrive; none for other requests. Their contents count as held by the call.
 * @throws LaurelError for a malformed or truncated form, or if the caller holds too much.
 */
export async function* formOf(
  request: FastifyRequest,
  maxBytes: number,
  counted: OpenCall,
): AsyncGenerator<FormPart> {
  if (!request.isMultipart()) return
  // A field is read whole before it is known.
  counted.reserve(MAX_FIELD_BYTES)
  for await (const part of orMalformed(request.parts({ limits: { fileSize: maxBytes } }))) {
    if (part.type === 'file') {
      yield {
        name: part.fieldname,
        fileName: part.filename,
        content: counting(orMalformed(part.file), counted),
      }
      // Unread content must be drained, or the next part never arrives.
      part.file.resume()
    } else {
      const content = Buffer.from(String(part.value))
      yield { name: part.fieldname, fileName: undefined, content: only(content) }
    }
  }
}

/** Converts the parser's errors to DOCUMENT_MALFORMED. Exceeded limits have a status and pass through. */
async function* orMalformed<Item>(items: AsyncIterable<Item>): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]()
  for (;;) {
    const next = await iterator.next().catch((error: Error & { readonly statusCode?: number }) => {
      if (error.statusCode !== undefined) throw error
      const message = `the form cannot be read: ${error.message}`
      throw new LaurelError('invalid_argument', 'DOCUMENT_MALFORMED', message)
    })
    if (next.done === true) return
    yield next.value
  }
}

async function* counting(content: AsyncIterable<Uint8Array>, counted: OpenCall): AsyncGenerator<Uint8Array> {
  for await (const chunk of content) {
    counted.reserve(chunk.length)
    yield chunk
  }
}

async function* only(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const index = text.indexOf(separator)
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}
