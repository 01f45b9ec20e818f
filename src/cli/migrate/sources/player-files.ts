import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Failure } from '../../failure.ts'
import { shorter, sourceName } from './bytes.ts'
import type { MigrationSource } from './source.ts'

const STATS_AT_ONCE = 64
const BOM = [0xef, 0xbb, 0xbf] as const
const [LF, CR, SPACE] = [10, 13, 32] as const

interface PlayerFile {
  readonly path: string
  /** Before the document in its line: `{"file":"a.json","document":`. */
  readonly prefix: Buffer
  readonly size: number
}

const SUFFIX = Buffer.from('}\n')

/**
 * Returns a source with a line for each file: the document of one player. Line breaks of a document become spaces, so that the length of
 * a line is known by the file's size, and reading begins at any position without reading the bytes before it.
 * @param files in order, with the names that the lines have
 */
export async function openPlayerFiles(
  name: string,
  files: readonly { readonly path: string; readonly name: string }[],
): Promise<MigrationSource> {
  const found: PlayerFile[] = []
  for (let start = 0; start < files.length; start += STATS_AT_ONCE)
    found.push(...(await Promise.all(files.slice(start, start + STATS_AT_ONCE).map(playerFileOf))))
  const size = found.reduce((sum, file) => sum + lineLength(file), 0)
  return {
    name: sourceName(name),
    size,
    isReadWhole: false,
    open: (position, signal) => {
      if (position > size) throw shorter(name, size, position)
      return linesFrom(found, position, signal)
    },
  }
}

async function playerFileOf({
  path,
  name,
}: {
  readonly path: string
  readonly name: string
}): Promise<PlayerFile> {
  const { size } = await stat(path)
  return { path, size, prefix: Buffer.from(`{"file":${JSON.stringify(name.toWellFormed())},"document":`) }
}

function lineLength({ prefix, size }: PlayerFile): number {
  return prefix.length + size + SUFFIX.length
}

async function* linesFrom(
  files: readonly PlayerFile[],
  position: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let start = 0
  for (const file of files) {
    const end = start + lineLength(file)
    if (end > position) yield* lineOf(file, Math.max(0, position - start), signal)
    start = end
  }
}

async function* lineOf(file: PlayerFile, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const { path, prefix, size } = file
  if (from < prefix.length) yield prefix.subarray(from)
  const first = Math.max(0, from - prefix.length)
  let at = first
  if (first < size) {
    for await (const chunk of createReadStream(path, { start: first, end: size - 1, signal })) {
      yield inOneLine(chunk as Buffer, at)
      at += (chunk as Buffer).length
    }
    if (at !== size)
      throw new Failure([`${path} became shorter while it was read: run the same command again`])
  }
  yield SUFFIX.subarray(Math.max(0, from - prefix.length - size))
}

/** Strings of JSON have no line breaks, so that a space for each one changes no value. */
function inOneLine(chunk: Buffer, at: number): Buffer {
  if (at === 0 && BOM.every((byte, index) => chunk[index] === byte)) chunk.fill(SPACE, 0, BOM.length)
  for (let index = chunk.indexOf(LF); index !== -1; index = chunk.indexOf(LF, index + 1)) chunk[index] = SPACE
  for (let index = chunk.indexOf(CR); index !== -1; index = chunk.indexOf(CR, index + 1)) chunk[index] = SPACE
  return chunk
}
