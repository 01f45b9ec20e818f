import { Failure } from '../../failure.ts'

/** Bytes that are kept: more than a server can have received without having stored them. */
const KEPT_BYTES = 64 * 2 ** 20

/** A stream that can be read once, of which the latest bytes are kept: a call that failed is repeated from the last position stored. */
export class ReplayedStream {
  readonly #name: string
  readonly #content: AsyncIterator<Uint8Array>
  readonly #maxBytes: number
  #stored: Uint8Array[] = []
  /** The position of the first byte that is kept, and of the next byte that is read. */
  #start = 0
  #end = 0
  #isDone = false
  #reading: Promise<void> | undefined

  constructor(name: string, content: AsyncIterable<Uint8Array>, maxBytes = KEPT_BYTES) {
    this.#name = name
    this.#content = content[Symbol.asyncIterator]()
    this.#maxBytes = maxBytes
  }

  get end(): number {
    return this.#end
  }

  /** Yields the bytes from a position on, then the next ones. @throws Failure if they are not kept any more */
  async *open(position: number): AsyncGenerator<Uint8Array> {
    let next = position
    for (;;) {
      if (next < this.#start) {
        throw new Failure([
          `${this.#name} cannot be read again from byte ${position}: run the same command again`,
        ])
      }
      const found = this.#at(next)
      if (found !== undefined) {
        next += found.length
        yield found
      } else if (this.#isDone) {
        return
      } else {
        await this.#readOnce()
      }
    }
  }

  /** Two readers, of which one was given up while it waited, take the same next chunk. */
  #readOnce(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  #at(position: number): Uint8Array | undefined {
    if (position >= this.#end) return undefined
    let start = this.#start
    for (const chunk of this.#stored) {
      if (position < start + chunk.length) return chunk.subarray(position - start)
      start += chunk.length
    }
    return undefined
  }

  async #read(): Promise<void> {
    const step = await this.#content.next()
    if (step.done) {
      this.#isDone = true
      return
    }
    if (step.value.length === 0) return
    this.#stored.push(step.value)
    this.#end += step.value.length
    let dropped = 0
    for (const { length } of this.#stored) {
      if (this.#end - this.#start - length < this.#maxBytes) break
      this.#start += length
      dropped += 1
    }
    this.#stored = this.#stored.slice(dropped)
  }
}
