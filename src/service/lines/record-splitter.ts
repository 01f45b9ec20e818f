import { isUtf8 } from 'node:buffer'
import { Turns } from '../../dialect/turns.ts'
import type { RecordBoundaries } from './record-boundaries.ts'
import { shownText } from './refused.ts'

/** A record of text, not parsed yet. */
export interface TextRecord {
  /** Without its line break; of a refused one the beginning. */
  readonly text: string
  /** The position in bytes after the record and its line break. */
  readonly end: number
  /** Why it cannot be read; undefined if it can. */
  readonly refusal: string | undefined
}

const MAX_BATCH_RECORDS = 2000
const MAX_BATCH_BYTES = 1024 * 1024
const FIRST_BYTES = 64 * 1024
/** Bytes that are decoded of a record that is skipped. */
const SHOWN_BYTES = 64 * 1024

/**
 * Splits bytes into records of text, in batches of at most 2,000 records or about 1 MiB. Lets other calls run in between.
 * @param position of the first byte in the input
 * @param maxBytes a longer record is refused, and only its beginning is held in memory
 */
export async function* readTextRecords(
  content: AsyncIterable<Uint8Array>,
  position: number,
  boundaries: RecordBoundaries,
  maxBytes: number,
): AsyncGenerator<readonly TextRecord[]> {
  const splitter = new RecordSplitter(position, boundaries, maxBytes)
  const turns = new Turns()
  for await (const chunk of content) {
    splitter.push(chunk)
    for (let batch = splitter.take(false); batch.length > 0; batch = splitter.take(false)) {
      yield batch
      await turns.pause()
    }
  }
  for (let batch = splitter.take(true); batch.length > 0; batch = splitter.take(true)) {
    yield batch
    await turns.pause()
  }
}

class RecordSplitter {
  readonly #boundaries: RecordBoundaries
  readonly #maxBytes: number
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** The bytes that were pushed: a new object for each push. */
  #bytes = this.#buffer.subarray(0, 0)
  #start = 0
  /** Of `#start` in the input. */
  #position: number
  /** The beginning of a record that is too long, while the rest of it is skipped. */
  #skipped: string | undefined

  constructor(position: number, boundaries: RecordBoundaries, maxBytes: number) {
    this.#position = position
    this.#boundaries = boundaries
    this.#maxBytes = maxBytes
  }

  push(chunk: Uint8Array): void {
    const rest = this.#bytes.length - this.#start
    const length = rest + chunk.length
    if (this.#bytes.length + chunk.length > this.#buffer.length) {
      // Moving the rest to the front is cheap only if it is small.
      const target = length <= this.#buffer.length / 2 ? this.#buffer : Buffer.allocUnsafeSlow(2 * length)
      this.#bytes.copy(target, 0, this.#start)
      this.#buffer = target
      this.#start = 0
    }
    this.#buffer.set(chunk, this.#start + rest)
    this.#bytes = this.#buffer.subarray(0, this.#start + length)
  }

  /** Returns the next records; none if more bytes are needed. */
  take(isLast: boolean): readonly TextRecord[] {
    const batch: TextRecord[] = []
    const from = this.#position
    while (batch.length < MAX_BATCH_RECORDS && this.#position - from < MAX_BATCH_BYTES) {
      const record = this.#skipped === undefined ? this.#next(isLast) : this.#skip(this.#skipped, isLast)
      if (record !== undefined) batch.push(record)
      else if (this.#skipped === undefined || this.#start === this.#bytes.length) break
    }
    return batch
  }

  #next(isLast: boolean): TextRecord | undefined {
    const start = this.#start
    const found = this.#boundaries.find(this.#bytes, start, isLast)
    if (found === undefined) {
      if (this.#bytes.length - start <= this.#maxBytes) return undefined
      this.#skipped = this.#beginning(start)
      this.#boundaries.reset()
      return undefined
    }
    const { next, problem } = found
    this.#advance(next)
    let end = next
    if (this.#bytes[end - 1] === LF) end -= 1
    if (end - start > this.#maxBytes) return this.#refused(this.#beginning(start), this.#tooLong())
    if (end > start && this.#bytes[end - 1] === CR) end -= 1
    const text = this.#bytes.toString('utf8', start, end)
    // A text without the replacement character was decoded without an error.
    const isValid = !text.includes('\uFFFD') || isUtf8(this.#bytes.subarray(start, end))
    if (isValid && problem === undefined) return { text, end: this.#position, refusal: undefined }
    return this.#refused(text, problem === undefined ? NOT_UTF8 : `the row has ${problem}`)
  }

  /** Drops the rest of a record that is too long. */
  #skip(beginning: string, isLast: boolean): TextRecord | undefined {
    const found = this.#bytes.indexOf(LF, this.#start)
    this.#advance(found === -1 ? this.#bytes.length : found + 1)
    if (found === -1 && !isLast) return undefined
    this.#skipped = undefined
    return this.#refused(beginning, this.#tooLong())
  }

  #advance(index: number): void {
    this.#position += index - this.#start
    this.#start = index
  }

  /** Returns the beginning of a record that is longer than the limit. */
  #beginning(start: number): string {
    return this.#bytes.toString('utf8', start, start + Math.min(SHOWN_BYTES, this.#maxBytes))
  }

  #tooLong(): string {
    return `the record is longer than ${this.#maxBytes / 1024 / 1024} MiB: split it, or leave out members that are not mapped`
  }

  #refused(text: string, refusal: string): TextRecord {
    return { text: shownText(text), end: this.#position, refusal }
  }
}

const NOT_UTF8 = 'the record is not UTF-8 text: convert the input to UTF-8'
const [LF, CR] = [10, 13] as const
