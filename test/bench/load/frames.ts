/** The parts of HTTP/2 (RFC 9113) and HPACK (RFC 7541) that a gRPC client needs. */
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const FLAG = { endStream: 0x1, acknowledge: 0x1, endHeaders: 0x4, padded: 0x8 } as const

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
} as const

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
export const HEAD_LENGTH = 9
export const MAX_WINDOW = 2 ** 31 - 1
/** Valid until the peer's SETTINGS. */
export const DEFAULT_WINDOW = 65_535
export const DEFAULT_FRAME_SIZE = 16_384

export function encodeFrame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_LENGTH + payload.length)
  writeHead(bytes, 0, payload.length, type, flags, stream)
  bytes.set(payload, HEAD_LENGTH)
  return bytes
}

export function writeHead(
  bytes: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): void {
  bytes.writeUIntBE(length, at, 3)
  bytes[at + 3] = type
  bytes[at + 4] = flags
  bytes.writeUInt32BE(stream, at + 5)
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * settings.length)
  for (const [index, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, 6 * index)
    payload.writeUInt32BE(value, 6 * index + 2)
  }
  return encodeFrame(FRAME.settings, 0, 0, payload)
}

export function windowUpdateFrame(stream: number, increment: number): Buffer {
  const payload = Buffer.alloc(4)
  payload.writeUInt32BE(increment)
  return encodeFrame(FRAME.windowUpdate, 0, stream, payload)
}

/** Returns the HEADERS frame of a gRPC call without its stream id. All fields are literals, so the frame can be reused. */
export function callHead(path: string, authority: string): Buffer {
  const block = Buffer.concat([
    // Indexed fields of the static table: `:method: POST` and `:scheme: http`.
    Buffer.from([0x83, 0x86]),
    // Literals without indexing, their names from the static table or spelled out.
    Buffer.from([0x04]),
    text(path),
    Buffer.from([0x01]),
    text(authority),
    Buffer.from([0x0f, 0x10]),
    text('application/grpc'),
    Buffer.from([0x00]),
    text('te'),
    text('trailers'),
  ])
  return encodeFrame(FRAME.headers, FLAG.endHeaders, 0, block)
}

/** A string literal without Huffman coding. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  if (bytes.length > 126) throw new RangeError(`${value} is too long for a header of this client`)
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
