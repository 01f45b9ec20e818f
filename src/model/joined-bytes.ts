const FIRST_BYTES = 1024

/** Joins chunks as they arrive: a chunk of one byte, kept as it is, needs two hundred in memory. */
export class JoinedBytes {
  #maxBytes: number
  readonly #reserve: (bytes: number) => void
  #buffer = Buffer.alloc(0)
  #length = 0

  /** @param reserve called before memory is taken; an error leaves the bytes as they are */
  constructor(maxBytes: number, reserve: (bytes: number) => void) {
    this.#maxBytes = maxBytes
    this.#reserve = reserve
  }

  get length(): number {
    return this.#length
  }

  /** Says how many bytes there will be at most, once that is known: no more memory is taken. */
  limitTo(maxBytes: number): void {
    this.#maxBytes = maxBytes
  }

  /** Adds a chunk; all of them together may be at most `maxBytes`. */
  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length
    if (length > this.#buffer.length) this.#grow(length)
    this.#buffer.set(chunk, this.#length)
    this.#length = length
  }

  /** Returns all bytes, without a copy. */
  take(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  #grow(length: number): void {
    const capacity = Math.min(this.#maxBytes, Math.max(length, 2 * this.#buffer.length, FIRST_BYTES))
    this.#reserve(capacity - this.#buffer.length)
    // Without a pool: a slice would keep all of it.
    const grown = Buffer.allocUnsafeSlow(capacity)
    grown.set(this.#buffer)
    this.#buffer = grown
  }
}
