import type { Metadata } from '@grpc/grpc-js'
import type { OpenCall } from '../service/call-limiter.ts'
import { SMALL_BYTES } from './message-decoder.ts'

interface HeldMessage {
  bytes: number
}

/** Keyed by metadata, the only object that grpc-js passes from the interceptor to the handler. */
const ofCalls = new WeakMap<Metadata, HeldMessages>()

/** Returns the messages of a stream that `countMessages` counts. */
export function heldMessagesOf({ metadata }: { readonly metadata: Metadata }): HeldMessages | undefined {
  return ofCalls.get(metadata)
}

/**
 * The complete messages of a stream, oldest first. Each counts as held by the caller until the handler asks for the next one: a
 * handler may wait for a database, or for a caller that reads no response.
 */
export class HeldMessages {
  readonly #counted: OpenCall
  readonly #messages: HeldMessage[] = []

  constructor(metadata: Metadata, counted: OpenCall) {
    this.#counted = counted
    ofCalls.set(metadata, this)
  }

  /** @throws LaurelError TOO_MANY_REQUESTS */
  add(bytes: number): HeldMessage {
    const message = { bytes: 0 }
    this.#messages.push(message)
    this.resize(message, bytes)
    return message
  }

  /** Counts a message with another size, which it has after decompression. @throws LaurelError TOO_MANY_REQUESTS */
  resize(message: HeldMessage, bytes: number): void {
    const counted = bytes > SMALL_BYTES ? bytes : 0
    this.#counted.release(message.bytes)
    message.bytes = 0
    this.#counted.reserve(counted)
    message.bytes = counted
  }

  /** Ends the counting of the oldest message. */
  release(): void {
    this.#counted.release(this.#messages.shift()?.bytes ?? 0)
  }
}
