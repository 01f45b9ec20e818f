const PREFIX_LENGTH = 5

/** Returns a message with its gRPC prefix: not compressed, and the length. */
export function withPrefix(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(PREFIX_LENGTH + message.length)
  bytes.writeUInt32BE(message.length, 1)
  bytes.set(message, PREFIX_LENGTH)
  return bytes
}

/** Splits the bytes of a stream into messages. */
export class MessageReader {
  #rest: Buffer = Buffer.alloc(0)

  /** Returns the messages that are complete with these bytes, as views of them. */
  push(bytes: Buffer): readonly Buffer[] {
    const complete: Buffer[] = []
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    while (rest.length >= PREFIX_LENGTH) {
      const end = PREFIX_LENGTH + rest.readUInt32BE(1)
      if (rest.length < end) break
      complete.push(rest.subarray(PREFIX_LENGTH, end))
      rest = rest.subarray(end)
    }
    this.#rest = Buffer.from(rest)
    return complete
  }
}

export interface Outcomes {
  succeeded: number
  failed: number
}

const RESULTS = 0x0a
const RESULT = 0x0a

/**
 * Counts the outcomes in a BatchRecordProgressResponse or StreamProgressResponse: field 1 of both is a list of
 * messages whose first field is 1 for a result and 2 for an error.
 */
export function countOutcomes(message: Buffer): Outcomes {
  const outcomes = { succeeded: 0, failed: 0 }
  let at = 0
  while (at < message.length) {
    if (message[at] !== RESULTS) throw new Error('a response has a field that this client does not know')
    let length = 0
    let shift = 0
    let byte: number
    do {
      at += 1
      byte = message[at] as number
      length |= (byte & 0x7f) << shift
      shift += 7
    } while (byte >= 0x80)
    at += 1
    if (length > 0 && message[at] === RESULT) outcomes.succeeded += 1
    else outcomes.failed += 1
    at += length
  }
  return outcomes
}
