import { createReadStream } from 'node:fs'
import { glob, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { MigrationFormat, type MigrationMapping } from '../../../gen/laurel/v1/migration_job.ts'
import { Failure } from '../../failure.ts'
import type { MigrationSource } from './source.ts'

const CHUNK_BYTES = 256 * 1024

/** Returns the sources that arguments name, in order. @throws Failure if one cannot be read, or a pattern matches nothing */
export async function openSources(
  inputs: readonly string[],
  mapping: MigrationMapping | undefined,
  _signal: AbortSignal,
): Promise<readonly MigrationSource[]> {
  const isReadWhole = mapping?.format === MigrationFormat.DIALECT_DOCUMENT
  const sources: MigrationSource[] = []
  for (const input of inputs) {
    const files = input === '-' ? ['-'] : await filesOf(input)
    for (const file of files) sources.push({ ...(await openFile(file)), isReadWhole })
  }
  return sources
}

async function filesOf(pattern: string): Promise<readonly string[]> {
  if (await isFile(pattern)) return [pattern]
  const files = (await Array.fromAsync(glob(pattern))).sort()
  if (files.length === 0) throw new Failure([`no file is named ${pattern}, or matches it`])
  return files
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
}

/** Returns the source of one file. */
export async function openFile(file: string): Promise<MigrationSource> {
  if (file === '-') {
    return {
      name: 'standard input',
      size: undefined,
      isReadWhole: false,
      open: (position) => skip(process.stdin, position),
    }
  }
  const { size } = await stat(file).catch((error: Error) => {
    throw new Failure([`cannot read ${file}: ${error.message}`], error)
  })
  const isCompressed = /\.(gz|zst)$/.test(file)
  return {
    name: file,
    size: isCompressed ? undefined : size,
    isReadWhole: false,
    open: (position, signal) => {
      const start = isCompressed ? 0 : position
      const stream = createReadStream(file, { highWaterMark: CHUNK_BYTES, start, signal })
      if (!isCompressed) return stream
      const decompressed = stream.pipe(file.endsWith('.gz') ? createGunzip() : createZstdDecompress())
      stream.on('error', (error) => decompressed.destroy(error))
      return skip(decompressed, position)
    },
  }
}

async function* skip(stream: Readable, bytes: number): AsyncGenerator<Uint8Array> {
  let remaining = bytes
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (chunk.length > remaining) yield chunk.subarray(remaining)
    remaining = Math.max(0, remaining - chunk.length)
  }
}
