import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LaurelError } from '../../model/errors.ts'

/** A larger document is written to a temporary file. */
const MAX_MEMORY_BYTES = 8 * 1024 * 1024

/** Smaller chunks are joined. */
const BLOCK_BYTES = 64 * 1024

/** A document that can be read more than once: first to check it, then to write it. */
export interface SpooledDocument extends AsyncDisposable {
  read(): AsyncIterable<Uint8Array>
}

/** @throws LaurelError DOCUMENT_TOO_LARGE above the limit. */
export async function spool(content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<SpooledDocument> {
  const chunks: Uint8Array[] = []
  let file: TemporaryFile | undefined
  let size = 0
  try {
    for await (const chunk of joined(content)) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge(maxBytes)
      if (file === undefined && size > MAX_MEMORY_BYTES) {
        file = await openTemporaryFile()
        for (const earlier of chunks.splice(0)) await file.write(earlier)
      }
      if (file === undefined) chunks.push(chunk)
      else await file.write(chunk)
    }
  } catch (error) {
    await file?.remove()
    throw error
  }
  return {
    read: () => file?.read() ?? inMemory(chunks),
    [Symbol.asyncDispose]: async () => file?.remove(),
  }
}

/** Joins small chunks: a chunk of one byte needs two hundred in memory, or a write of its own. */
async function* joined(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafe(0)
  let length = 0
  for await (const chunk of content) {
    if (length + chunk.length > block.length) {
      if (length > 0) yield block.subarray(0, length)
      block = Buffer.allocUnsafe(chunk.length < BLOCK_BYTES ? BLOCK_BYTES : 0)
      length = 0
    }
    if (chunk.length >= BLOCK_BYTES) yield chunk
    else {
      block.set(chunk, length)
      length += chunk.length
    }
  }
  if (length > 0) yield block.subarray(0, length)
}

async function* inMemory(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

interface TemporaryFile {
  write(chunk: Uint8Array): Promise<void>
  read(): AsyncIterable<Uint8Array>
  remove(): Promise<void>
}

/** Unlinks the file at once where the system allows it, so that even a killed server leaves no document behind. */
async function openTemporaryFile(): Promise<TemporaryFile> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-document-'))
  const handle = await open(join(folder, 'document.json'), 'w+', 0o600)
  const removeFolder = () => rm(folder, { recursive: true, force: true })
  if (process.platform !== 'win32') await removeFolder()
  return {
    write: async (chunk) => void (await handle.writeFile(chunk)),
    read: () => handle.createReadStream({ start: 0, autoClose: false }),
    remove: async () => {
      await handle.close()
      await removeFolder()
    },
  }
}

function tooLarge(maxBytes: number): LaurelError {
  const message = `the document is larger than ${maxBytes} bytes, the limit of this server: send a smaller document or raise LAUREL_MAX_DOCUMENT_BYTES`
  return new LaurelError('resource_exhausted', 'DOCUMENT_TOO_LARGE', message, {
    metadata: { maxBytes: String(maxBytes) },
  })
}
