import { LaurelError } from '../../../model/errors.ts'

const BOM = [0xef, 0xbb, 0xbf] as const

/** The beginning of an input, and the whole of it. */
export interface Beginning {
  /** The first line with its break, or less if it is longer than the limit; without a byte order mark. */
  readonly firstLine: Buffer
  /** Bytes of the byte order mark. */
  readonly skipped: number
  /** The input after the byte order mark. */
  readonly content: AsyncIterable<Uint8Array>
}

/**
 * Reads the first line of an input, at most `maxBytes` and a chunk.
 * @throws LaurelError for bytes that are no UTF-8 text, with the remedy
 */
export async function readBeginning(
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<Beginning> {
  const iterator = content[Symbol.asyncIterator]()
  try {
    const bytes = await firstLineOf(iterator, maxBytes)
    checkEncoding(bytes)
    const skipped = BOM.every((byte, index) => bytes[index] === byte) ? BOM.length : 0
    const rest = bytes.subarray(skipped)
    const firstLine = rest.subarray(0, rest.indexOf(LF) + 1 || rest.length)
    return { firstLine, skipped, content: startingWith(rest, iterator) }
  } catch (error) {
    await iterator.return?.()
    throw error
  }
}

async function firstLineOf(iterator: AsyncIterator<Uint8Array>, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  while (length < maxBytes) {
    const step = await iterator.next()
    if (step.done) break
    // The caller may use the chunk's memory again.
    chunks.push(Uint8Array.from(step.value))
    length += step.value.length
    if (step.value.includes(LF) && length >= LONGEST_MAGIC) break
  }
  return Buffer.concat(chunks)
}

async function* startingWith(
  first: Uint8Array,
  iterator: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield first
    for (let step = await iterator.next(); !step.done; step = await iterator.next()) yield step.value
  } finally {
    await iterator.return?.()
  }
}

const LONGEST_MAGIC = 4
const LF = 10

const MAGICS: readonly (readonly [string, readonly number[]])[] = [
  ['UTF-16 text: convert it to UTF-8', [0xff, 0xfe]],
  ['UTF-16 text: convert it to UTF-8', [0xfe, 0xff]],
  ['a gzip file: decompress it', [0x1f, 0x8b]],
  ['a Zstandard file: decompress it', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a ZIP file, or a workbook of a spreadsheet: unpack it, or save it as CSV', [0x50, 0x4b, 0x03, 0x04]],
]

function checkEncoding(bytes: Buffer): void {
  const found = MAGICS.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))
  if (found !== undefined) throw inputRefused(`the input is ${found[0]}`)
}

/** An input of which no record can be read. */
export function inputRefused(message: string): LaurelError {
  return new LaurelError('invalid_argument', 'DOCUMENT_REFUSED', message)
}
