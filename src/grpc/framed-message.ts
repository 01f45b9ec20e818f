/** Of gRPC: whether the message is compressed, and its length in 32 bits. */
const PREFIX_BYTES = 5

const frames = new WeakMap<Buffer, Buffer>()

/** Returns an encoded message that a call sends without copying it: for a message that many calls send. */
export function framedMessage(bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + bytes.length)
  frame.writeUInt32BE(bytes.length, 1)
  frame.set(bytes, PREFIX_BYTES)
  const message = frame.subarray(PREFIX_BYTES)
  frames.set(message, frame)
  return message
}

/** Returns the frame of a message of `framedMessage`. */
export function frameOf(message: unknown): Buffer | undefined {
  return Buffer.isBuffer(message) ? frames.get(message) : undefined
}
