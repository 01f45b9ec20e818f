import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import {
  BackupError,
  type BackupHeader,
  type BackupSummary,
  type BackupTrailer,
  END_OF_ROWS,
  FORMAT,
  FORMAT_VERSION,
  TableDigest,
  type TableTotals,
} from './format.ts'

/** Receives the parts of a backup in their order. */
export interface BackupConsumer {
  header?(header: BackupHeader): Promise<void> | void
  /** The rows of the tables follow each other in the order of the header. */
  startTable?(table: string): Promise<void> | void
  /** Rows in COPY's text format; a part may end within a row. */
  rows?(rows: Buffer): Promise<void> | void
  endTable?(totals: TableTotals): Promise<void> | void
}

const MAX_LINE_BYTES = 2 ** 20
const END = `\n${END_OF_ROWS}\n`

/**
 * Reads a backup from its first to its last byte, and compares counts and digests.
 * @throws BackupError for a file that is no backup, is incomplete or was changed
 */
export async function readBackup(
  file: string,
  consumer: BackupConsumer = {},
  signal?: AbortSignal,
): Promise<BackupSummary> {
  let summary: BackupSummary | undefined
  try {
    await pipeline(
      createReadStream(file),
      createZstdDecompress(),
      async (chunks: AsyncIterable<Buffer>) => {
        summary = await readParts(new Text(chunks[Symbol.asyncIterator]()), consumer)
      },
      { signal },
    )
  } catch (error) {
    throw unreadable(file, error)
  }
  return summary as BackupSummary
}

async function readParts(text: Text, consumer: BackupConsumer): Promise<BackupSummary> {
  const hash = createHash('sha256')
  const nextLine = async () => {
    const line = await text.line()
    hash.update(line)
    return parse(line)
  }
  const header = checkHeader(await nextLine())
  await consumer.header?.(header)
  const totals: TableTotals[] = []
  for (const { name } of header.tables) {
    await consumer.startTable?.(name)
    const digest = new TableDigest()
    for await (const rows of text.rows()) {
      digest.update(rows)
      await consumer.rows?.(rows)
    }
    const written = (await nextLine()) as TableTotals
    const read = digest.totals(name)
    for (const member of ['table', 'rows', 'bytes', 'sha256'] as const) {
      if (written[member] !== read[member])
        throw damaged(`table ${name} has ${member} ${read[member]} and not ${written[member]}`)
    }
    totals.push(read)
    await consumer.endTable?.(read)
  }
  const trailer = parse(await text.line()) as BackupTrailer
  if (trailer.end !== true || trailer.sha256 !== hash.digest('hex'))
    throw damaged('its last line does not fit the others')
  if (!(await text.isAtEnd())) throw damaged('text follows its last line')
  return { header, totals }
}

function checkHeader(value: unknown): BackupHeader {
  const header = value as BackupHeader
  if (header?.format !== FORMAT) throw new BackupError('the file is no backup of Laurel')
  if (header.formatVersion > FORMAT_VERSION)
    throw new BackupError(
      `the backup was made by Laurel ${header.laurelVersion} in a newer format: use that version, or a newer one`,
    )
  // The digests, which find any other change, are at the end.
  if (!Array.isArray(header.tables) || !header.tables.every((table) => typeof table?.name === 'string'))
    throw damaged('its first line does not list the tables')
  return header
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw damaged('a line between two tables is no JSON')
  }
}

function damaged(reason: string): BackupError {
  return new BackupError(`the backup is damaged: ${reason}. Use another backup`)
}

/** Errors of the file system stay; those of the decompressor mean that the file is not whole. */
function unreadable(file: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'ENOENT') return new BackupError(`there is no file ${file}`)
  if (code === 'Z_BUF_ERROR') return damaged('it ends too early, as after an interrupted copy')
  if (code.startsWith('ZSTD_error_prefix')) return new BackupError(`${file} is no backup of Laurel`)
  if (code.startsWith('ZSTD_error')) return damaged('it cannot be decompressed')
  return error
}

/** Reads lines, and rows up to their end, from chunks. */
class Text {
  readonly #chunks: AsyncIterator<Buffer>
  #buffer: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks
  }

  async line(): Promise<string> {
    for (let searched = 0; ; ) {
      const end = this.#buffer.indexOf('\n', searched)
      if (end !== -1) {
        const line = this.#buffer.toString('utf8', 0, end)
        this.#buffer = this.#buffer.subarray(end + 1)
        return line
      }
      searched = this.#buffer.length
      if (searched > MAX_LINE_BYTES) throw damaged('a line between two tables is too long')
      if (!(await this.#more())) throw damaged('it ends too early')
    }
  }

  /** Yields the rows of a table in parts of any size. The end of rows is a line, so the search starts with the end of the line before. */
  async *rows(): AsyncGenerator<Buffer> {
    this.#buffer = Buffer.concat([Buffer.from('\n'), this.#buffer])
    for (let isFirst = true; ; ) {
      const end = this.#buffer.indexOf(END)
      const length = end === -1 ? this.#buffer.length - END.length : end + 1
      if (length > 0) {
        const part = this.#buffer.subarray(isFirst ? 1 : 0, length)
        this.#buffer = this.#buffer.subarray(length)
        isFirst = false
        if (part.length > 0) yield part
      }
      if (end !== -1) break
      if (!(await this.#more())) throw damaged('it ends too early')
    }
    this.#buffer = this.#buffer.subarray(END.length - 1)
  }

  async isAtEnd(): Promise<boolean> {
    return this.#buffer.length === 0 && !(await this.#more())
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next()
    if (done === true) return false
    this.#buffer = this.#buffer.length === 0 ? value : Buffer.concat([this.#buffer, value])
    return true
  }
}
