import type { FastifyRequest } from 'fastify'
import { LaurelError } from '../model/errors.ts'
import { instantFromMilliseconds } from '../model/instant.ts'
import type { FormPart, RequestHead } from './gateway.ts'

export function headOf(request: FastifyRequest, mount: string): RequestHead {
  const [path = '', query = ''] = splitOnce(request.raw.url ?? request.url, '?')
  return {
    method: request.method,
    mount,
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
 * The parts of a form as they arrive; none for a request that is no form.
 * @throws LaurelError for a form that is malformed or cut short, wherever that is noticed.
 */
export async function* formOf(request: FastifyRequest, maxBytes: number): AsyncGenerator<FormPart> {
  if (!request.isMultipart()) return
  for await (const part of orMalformed(request.parts({ limits: { fileSize: maxBytes } }))) {
    if (part.type === 'file') {
      yield { name: part.fieldname, fileName: part.filename, content: orMalformed(part.file) }
      // What nobody read must flow on, or the next part never comes.
      part.file.resume()
    } else {
      const content = Buffer.from(String(part.value))
      yield { name: part.fieldname, fileName: undefined, content: only(content) }
    }
  }
}

/** Errors of the parser say nothing of whose fault they are: theirs, except those of limits, which have a status. */
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

function splitOnce(text: string, sign: string): readonly [string, string?] {
  const at = text.indexOf(sign)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
