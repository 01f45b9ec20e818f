import { createZstdDecompress } from 'node:zlib'
import { piped } from './piped.ts'

const MAGIC = 0xfd2fb528
/** Frames of other programs' data, such as the sizes that pzstd writes: 0x184D2A50 to 0x184D2A5F. */
const SKIPPABLE_MAGIC = 0x184d2a50
const DICTIONARY_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const
const [HAS_CHECKSUM, IS_SINGLE_SEGMENT] = [0b100, 0b10_0000] as const
const RUN_LENGTH_BLOCK = 1

/**
 * Yields the decompressed bytes of all frames (RFC 8878), which pzstd writes, and which concatenated files have. Node's stream ends
 * without an error after the first frame.
 * @throws Error for bytes that are no frames, or end within one
 */
export async function* decompressFrames(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(content)
  try {
    do {
      const start = await reader.take(4)
      const magic = start.readUInt32LE()
      if (magic === MAGIC) yield* piped(frameBytes(reader, start), createZstdDecompress())
      else if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC)
        await reader.skip((await reader.take(4)).readUInt32LE())
      else throw new Error('unknown frame')
    } while (!(await reader.isAtEnd()))
  } finally {
    await reader.close()
  }
}

/** Yields the bytes of one frame. A frame does not state its length, so its end is found block by block. */
async function* frameBytes(reader: ByteReader, start: Buffer): AsyncGenerator<Buffer> {
  const first = await reader.take(1)
  const descriptor = first.readUInt8()
  const isSingle = (descriptor & IS_SINGLE_SEGMENT) !== 0
  const sizeBytes = CONTENT_SIZE_BYTES[descriptor >> 6] || (isSingle ? 1 : 0)
  const dictionaryBytes = DICTIONARY_BYTES[descriptor & 0b11] as number
  yield Buffer.concat([start, first, await reader.take((isSingle ? 0 : 1) + dictionaryBytes + sizeBytes)])
  for (let isLast = false; !isLast; ) {
    const header = await reader.take(3)
    const bits = header.readUIntLE(0, 3)
    isLast = (bits & 1) === 1
    const isRun = ((bits >> 1) & 0b11) === RUN_LENGTH_BLOCK
    yield Buffer.concat([header, await reader.take(isRun ? 1 : bits >> 3)])
  }
  if ((descriptor & HAS_CHECKSUM) !== 0) yield await reader.take(4)
}

class ByteReader {
  readonly #content: AsyncIterator<Uint8Array>
  #rest: Buffer = Buffer.alloc(0)

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content[Symbol.asyncIterator]()
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const step = await this.#content.next()
      if (step.done) return true
      this.#rest = Buffer.from(step.value.buffer, step.value.byteOffset, step.value.length)
    }
    return false
  }

  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for (let missing = length; missing > 0; ) {
      const piece = await this.#next(missing)
      pieces.push(piece)
      missing -= piece.length
    }
    return Buffer.concat(pieces)
  }

  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0; ) missing -= (await this.#next(missing)).length
  }

  async close(): Promise<void> {
    await this.#content.return?.()
  }

  /** Returns at least one byte. */
  async #next(atMost: number): Promise<Buffer> {
    if (await this.isAtEnd()) throw new Error('unexpected end of file')
    const piece = this.#rest.subarray(0, atMost)
    this.#rest = this.#rest.subarray(piece.length)
    return piece
  }
}
