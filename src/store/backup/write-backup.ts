import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import {
  BackupError,
  type BackupHeader,
  type BackupSummary,
  type BackupTrailer,
  END_OF_ROWS,
  TableDigest,
  type TableTotals,
} from './format.ts'
import { readBackup } from './read-backup.ts'

export interface BackupSource {
  readonly header: BackupHeader
  /** Yields the rows of a table in COPY's text format, in parts of any size. */
  rows(table: string): AsyncIterable<Buffer>
}

/** Small parts would each be a task of the compressor. */
const BLOCK_BYTES = 2 ** 18

/** @throws BackupError if the file exists */
export async function checkNew(file: string): Promise<void> {
  if ((await stat(file).catch(() => undefined)) !== undefined)
    throw new BackupError(`${file} exists: name another file, or remove it first`)
}

/**
 * Writes a backup to a temporary file beside `file`, reads it again, and renames it: a file with this name is complete. Only its
 * owner can read it.
 */
export async function writeBackup(
  file: string,
  source: BackupSource,
  signal: AbortSignal,
): Promise<BackupSummary> {
  await checkNew(file)
  const unfinished = `${file}.unfinished`
  await rm(unfinished, { force: true })
  try {
    const totals: TableTotals[] = []
    await pipeline(
      inBlocks(textOf(source, totals)),
      createZstdCompress(),
      createWriteStream(unfinished, { mode: 0o600, flags: 'wx', flush: true }),
      { signal },
    )
    const read = await readBackup(unfinished, {}, signal)
    const written = { header: source.header, totals }
    if (JSON.stringify(read) !== JSON.stringify(written))
      throw new BackupError(`${file} reads other than it was written: check the disk`)
    await rename(unfinished, file)
    await syncFolder(dirname(file))
    return written
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}

async function* textOf({ header, rows }: BackupSource, totals: TableTotals[]): AsyncGenerator<Buffer> {
  const hash = createHash('sha256')
  const line = (value: object) => {
    const text = JSON.stringify(value)
    hash.update(text)
    return Buffer.from(`${text}\n`)
  }
  yield line(header)
  for (const { name } of header.tables) {
    const digest = new TableDigest()
    for await (const part of rows(name)) {
      digest.update(part)
      yield part
    }
    yield Buffer.from(`${END_OF_ROWS}\n`)
    const table = digest.totals(name)
    totals.push(table)
    yield line(table)
  }
  const trailer: BackupTrailer = { end: true, sha256: hash.digest('hex') }
  yield Buffer.from(`${JSON.stringify(trailer)}\n`)
}

async function* inBlocks(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let block: Buffer[] = []
  let bytes = 0
  for await (const part of parts) {
    block.push(part)
    bytes += part.length
    if (bytes < BLOCK_BYTES) continue
    yield Buffer.concat(block)
    block = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(block)
}

/** Makes the new name survive a crash of the machine. Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  await using handle = await open(folder)
  await handle.sync()
}
