import type { FastifyRequest } from 'fastify'
import { LaurelError } from '../model/errors.ts'
import { instantFromMilliseconds } from '../model/instant.ts'
import type { FormPart, RequestHead } from './gateway.ts'
import { hostNameOf } from './host-name.ts'

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

/**
 * Yields the parts of a form as they arrive; none for other requests.
 * @throws LaurelError for a malformed or truncated form.
 */
export async function* formOf(request: FastifyRequest, maxBytes: number): AsyncGenerator<FormPart> {
  if (!request.isMultipart()) return
  for await (const part of orMalformed(request.parts({ limits: { fileSize: maxBytes } }))) {
    if (part.type === 'file') {
      yield { name: part.fieldname, fileName: part.filename, content: orMalformed(part.file) }
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

async function* only(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const index = text.indexOf(separator)
  return index === -1 ? [text] : [text.slice(0, index), text.slice(index + 1)]
}
