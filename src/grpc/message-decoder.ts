import { LaurelError } from '../model/errors.ts'
import { JoinedBytes } from '../model/joined-bytes.ts'
import type { OpenCall } from '../service/call-limiter.ts'

/** Before each message: whether it is compressed, and its length. */
const HEAD_BYTES = 5
/** Smaller messages are not counted if they come at once: the open calls of a caller hold at most 16 MiB of them. */
export const SMALL_BYTES = 4096

export interface DecoderSettings {
  readonly maxBytes: number
  readonly counted: OpenCall
  /** Whether messages count until the call ends, and not only until they are complete. */
  readonly isKept: boolean
  /** Ends the call. */
  readonly refuse: (error: LaurelError) => void
}

/**
 * Cuts the bytes of a call into messages with their heads, in place of grpc-js's decoder, which keeps each data frame of an
 * incomplete message: frames of one byte take two hundred times the memory. All bytes count as held by the call.
 */
export class MessageDecoder {
  readonly #settings: DecoderSettings
  #partial: JoinedBytes | undefined
  #reserved = 0

  constructor(settings: DecoderSettings) {
    this.#settings = settings
  }

  /** @throws Error for a message above the limit; grpc-js sends it as RESOURCE_EXHAUSTED. */
  write(data: Buffer): readonly Buffer[] {
    try {
      return this.#split(data)
    } catch (error) {
      if (!(error instanceof LaurelError)) throw error
      this.#settings.refuse(error)
      return []
    }
  }

  #split(data: Buffer): readonly Buffer[] {
    const messages: Buffer[] = []
    let rest = data
    while (rest.length > 0) {
      const size = this.#partial === undefined ? this.#sizeOf(rest) : Number.POSITIVE_INFINITY
      if (size <= rest.length) {
        if (size > SMALL_BYTES) this.#reserve(size)
        // A copy: the data may be a small part of a large buffer.
        messages.push(Buffer.from(rest.subarray(0, size)))
        rest = rest.subarray(size)
      } else rest = this.#addPart(rest, messages)
      if (this.#partial === undefined) this.#complete()
    }
    return messages
  }

  /** Adds bytes to the incomplete message. Returns the bytes after it. */
  #addPart(data: Buffer, messages: Buffer[]): Buffer {
    const { maxBytes } = this.#settings
    this.#partial ??= new JoinedBytes(HEAD_BYTES + maxBytes, (bytes) => this.#reserve(bytes))
    const partial = this.#partial
    const isHead = partial.length < HEAD_BYTES
    const missing = (isHead ? HEAD_BYTES : this.#sizeOf(partial.take())) - partial.length
    partial.add(data.subarray(0, missing))
    if (partial.length >= HEAD_BYTES) partial.limitTo(this.#sizeOf(partial.take()))
    if (partial.length === this.#sizeOf(partial.take())) {
      messages.push(partial.take())
      this.#partial = undefined
    }
    return data.subarray(missing)
  }

  /** Returns the size of the message with its head; infinite while the head is incomplete. */
  #sizeOf(data: Buffer): number {
    if (data.length < HEAD_BYTES) return Number.POSITIVE_INFINITY
    const size = data.readUInt32BE(1)
    const { maxBytes } = this.#settings
    if (size > maxBytes) throw new Error(`Received message larger than max (${size} vs ${maxBytes})`)
    return HEAD_BYTES + size
  }

  #reserve(bytes: number): void {
    this.#settings.counted.reserve(bytes)
    this.#reserved += bytes
  }

  #complete(): void {
    if (this.#settings.isKept || this.#reserved === 0) return
    this.#settings.counted.release(this.#reserved)
    this.#reserved = 0
  }
}
