import { createHash } from 'node:crypto'
import { createGunzip } from 'node:zlib'
import { Failure } from '../../failure.ts'
import { piped } from './piped.ts'
import { decompressFrames } from './zstd-frames.ts'

/** Characters of a name: the limit of the job. */
const MAX_NAME = 512
const SHORTENED = 470

/** Returns a name within the limit; a longer one ends with its digest. */
export function sourceName(text: string): string {
  if (text.length <= MAX_NAME) return text
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 32)
  return `${text.slice(0, SHORTENED).toWellFormed()}… ${digest}`
}

export function isCompressed(path: string): boolean {
  return /\.(gz|zst)$/i.test(path)
}

/** Yields the decompressed bytes of a file named `path`. @throws Failure for bytes that are not compressed as the name says */
export async function* decompressed(
  path: string,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const isGzip = path.toLowerCase().endsWith('.gz')
  let sourceError: unknown
  const source = (async function* () {
    try {
      yield* content
    } catch (error) {
      sourceError = error
      throw error
    }
  })()
  try {
    yield* isGzip ? piped(source, createGunzip()) : decompressFrames(source)
  } catch (error) {
    if (sourceError !== undefined) throw sourceError
    const kind = isGzip ? 'gzip' : 'Zstandard'
    const reason = error instanceof Error ? error.message : String(error)
    throw new Failure([`${path} is cut short, or not compressed with ${kind}: ${reason}`], error)
  }
}

/** Yields the bytes from a position on. @throws Failure if there are fewer */
export async function* skipped(
  name: string,
  content: AsyncIterable<Uint8Array>,
  position: number,
): AsyncGenerator<Uint8Array> {
  let remaining = position
  for await (const chunk of content) {
    if (chunk.length > remaining) yield chunk.subarray(remaining)
    remaining = Math.max(0, remaining - chunk.length)
  }
  if (remaining > 0) throw shorter(name, position - remaining, position)
}

/** The error for an input that ends before the position up to which the job has read it. */
export function shorter(name: string, size: number, position: number): Failure {
  return new Failure([
    `${name} has ${size} bytes, and the job has read ${position} bytes of it before: it is another input now`,
    'import it with another --job: records that are imported already change nothing',
  ])
}
