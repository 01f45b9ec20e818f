import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { LaurelError } from '../../model/errors.ts'

/** Held in memory up to here; a larger document goes to a temporary file. */
const MEMORY_LIMIT = 8 * 1024 * 1024

/** A document that can be read more than once: checked as a whole before anything is made of it. */
export interface SpooledDocument extends AsyncDisposable {
  read(): AsyncIterable<Uint8Array>
}

/** @throws LaurelError for a document above the limit. */
export async function spool(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SpooledDocument> {
  const chunks: Uint8Array[] = []
  let file: TemporaryFile | undefined
  let size = 0
  try {
    for await (const chunk of content) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      if (file === undefined && size > MEMORY_LIMIT) {
        file = await openTemporaryFile()
        for (const earlier of chunks.splice(0)) await file.write(earlier)
      }
      if (file === undefined) chunks.push(chunk)
      else await file.write(chunk)
    }
    await file?.finish()
  } catch (error) {
    await file?.remove()
    throw error
  }
  return {
    read: () => (file === undefined ? inMemory(chunks) : createReadStream(file.path)),
    [Symbol.asyncDispose]: async () => file?.remove(),
  }
}

async function* inMemory(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

interface TemporaryFile {
  readonly path: string
  write(chunk: Uint8Array): Promise<void>
  finish(): Promise<void>
  remove(): Promise<void>
}

async function openTemporaryFile(): Promise<TemporaryFile> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-document-'))
  const path = join(folder, 'document.json')
  const stream = createWriteStream(path, { mode: 0o600 })
  return {
    path,
    write: (chunk) =>
      new Promise((resolve, reject) => {
        stream.write(chunk, (error) => (error ? reject(error) : resolve()))
      }),
    finish: () => {
      stream.end()
      return finished(stream)
    },
    remove: async () => {
      stream.destroy()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function tooLarge(maxBytes: number): LaurelError {
  const message = `the document is larger than ${maxBytes} bytes, the most that this server reads`
  return new LaurelError('resource_exhausted', 'DOCUMENT_TOO_LARGE', message, {
    metadata: { maxBytes: String(maxBytes) },
  })
}
