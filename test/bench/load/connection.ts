import { connect, type Socket } from 'node:net'
import {
  callHead,
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  encodeFrame,
  FLAG,
  FRAME,
  HEAD_LENGTH,
  MAX_WINDOW,
  PREFACE,
  SETTING,
  settingsFrame,
  windowUpdateFrame,
  writeHead,
} from './frames.ts'

/** Receives the response of a call. */
export interface Caller {
  /** Bytes of the response's messages. The buffer is reused: copy them to store them. */
  data(bytes: Buffer): void
  /** @param ok true only for the status OK */
  end(ok: boolean): void
}

interface Stream {
  readonly caller: Caller
  /** The server's flow control window for this stream. */
  window: number
  /** Data that exceeds the window. */
  readonly pending: { bytes: Buffer; readonly end: boolean }[]
  /** Bytes received since the last WINDOW_UPDATE. */
  received: number
}

export const HEALTH_CHECK = '/grpc.health.v1.Health/Check'
/** An empty gRPC message: a health check of the whole server. */
export const EMPTY_MESSAGE = Buffer.alloc(5)
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01])
const WINDOW_UPDATE_BYTES = 2 ** 29
/** Several frames of the maximum size. */
const RECEIVE_BUFFER_BYTES = 2 ** 17

/**
 * A minimal HTTP/2 connection for gRPC calls. Requests are encoded bytes. A call succeeds if its trailers equal, byte by byte,
 * those of a health check with the response SERVING; anything else is a failure.
 */
export class Connection {
  readonly #socket: Socket
  readonly #streams = new Map<number, Stream>()
  readonly #ready = Promise.withResolvers<void>()
  #lastStream = -1
  #window = DEFAULT_WINDOW
  #streamWindow = DEFAULT_WINDOW
  #frameSize = DEFAULT_FRAME_SIZE
  #maxStreams = Number.POSITIVE_INFINITY
  #receivedBytes = 0
  /** Reused for each read: garbage collection of new buffers would take more CPU than everything else. */
  readonly #buffer = Buffer.allocUnsafe(RECEIVE_BUFFER_BYTES)
  /** Bytes of an incomplete frame at the start of the buffer. */
  #rest = 0
  #corked = false
  #success: Buffer | undefined
  #lastTrailers: Buffer = Buffer.alloc(0)

  private constructor({ hostname, port }: URL) {
    this.#socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port),
      noDelay: true,
      onread: {
        buffer: () => this.#buffer.subarray(this.#rest),
        callback: (size) => {
          this.#receive(size)
          return true
        },
      },
    })
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail())
  }

  /** @throws Error if no healthy gRPC server can be reached. */
  static async open(address: string): Promise<Connection> {
    const connection = new Connection(new URL(`http://${address}`))
    const settings = settingsFrame([
      // Without a dynamic header table, equal trailers are equal bytes.
      [SETTING.headerTableSize, 0],
      [SETTING.enablePush, 0],
      [SETTING.initialWindowSize, MAX_WINDOW],
    ])
    connection.#send(Buffer.concat([PREFACE, settings, windowUpdateFrame(0, MAX_WINDOW - DEFAULT_WINDOW)]))
    await connection.#ready.promise
    // The first response may contain the table size update; all later ones look like the second.
    for (const _ of [1, 2]) await connection.#learnSuccess(address)
    connection.#success = connection.#lastTrailers
    return connection
  }

  /** Number of further calls that the server allows at the same time. */
  get freeStreams(): number {
    return this.#maxStreams - this.#streams.size
  }

  /**
   * Sends a call.
   * @param head from `callHead`
   * @param message with its gRPC prefix
   * @param end false if more messages follow
   */
  call(head: Buffer, message: Buffer, caller: Caller, end = true): number {
    this.#lastStream += 2
    const id = this.#lastStream
    const stream = { caller, window: this.#streamWindow, pending: [], received: 0 }
    this.#streams.set(id, stream)
    const fits = message.length <= Math.min(this.#window, stream.window, this.#frameSize)
    const bytes = Buffer.allocUnsafe(head.length + (fits ? HEAD_LENGTH + message.length : 0))
    head.copy(bytes)
    bytes.writeUInt32BE(id, 5)
    if (fits) {
      writeHead(bytes, head.length, message.length, FRAME.data, end ? FLAG.endStream : 0, id)
      message.copy(bytes, head.length + HEAD_LENGTH)
      this.#window -= message.length
      stream.window -= message.length
    }
    this.#send(bytes)
    if (!fits) this.write(id, message, end)
    return id
  }

  /** Sends another message of a call, as soon as the window allows it. The bytes are copied. */
  write(id: number, message: Buffer, end: boolean): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.pending.push({ bytes: Buffer.from(message), end })
    this.#pump(id, stream)
  }

  close(): void {
    this.#socket.destroy()
  }

  async #learnSuccess(address: string): Promise<void> {
    const response: Buffer[] = []
    const ended = Promise.withResolvers<void>()
    const caller: Caller = { data: (bytes) => response.push(Buffer.from(bytes)), end: () => ended.resolve() }
    this.call(callHead(HEALTH_CHECK, address), EMPTY_MESSAGE, caller)
    await ended.promise
    if (!Buffer.concat(response).equals(SERVING)) throw new Error(`${address} is not a healthy gRPC server`)
  }

  /** Writes of one turn of the event loop are sent together. */
  #send(bytes: Buffer): void {
    if (!this.#corked) {
      this.#corked = true
      this.#socket.cork()
      process.nextTick(() => {
        this.#corked = false
        this.#socket.uncork()
      })
    }
    this.#socket.write(bytes)
  }

  #pump(id: number, stream: Stream): void {
    for (let next = stream.pending[0]; next !== undefined; next = stream.pending[0]) {
      const size = Math.min(next.bytes.length, this.#window, stream.window, this.#frameSize)
      if (size <= 0 && next.bytes.length > 0) return
      const isLast = size === next.bytes.length
      const flags = isLast && next.end ? FLAG.endStream : 0
      this.#send(encodeFrame(FRAME.data, flags, id, next.bytes.subarray(0, size)))
      this.#window -= size
      stream.window -= size
      if (isLast) stream.pending.shift()
      else next.bytes = next.bytes.subarray(size)
    }
  }

  #receive(size: number): void {
    const bytes = this.#buffer.subarray(0, this.#rest + size)
    let at = 0
    while (at + HEAD_LENGTH <= bytes.length) {
      const end = at + HEAD_LENGTH + bytes.readUIntBE(at, 3)
      if (end > bytes.length) break
      const id = bytes.readUInt32BE(at + 5) & 0x7f_ff_ff_ff
      this.#handle(
        bytes[at + 3] as number,
        bytes[at + 4] as number,
        id,
        bytes.subarray(at + HEAD_LENGTH, end),
      )
      at = end
    }
    bytes.copyWithin(0, at)
    this.#rest = bytes.length - at
  }

  #handle(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.data) this.#handleData(flags, id, payload)
    else if (type === FRAME.headers) this.#handleHeaders(flags, id, payload)
    else if (type === FRAME.windowUpdate) this.#handleWindowUpdate(id, payload.readUInt32BE(0))
    else if (type === FRAME.settings) this.#handleSettings(flags, payload)
    else if (type === FRAME.reset) this.#end(id, false)
    else if (type === FRAME.ping) this.#handlePing(flags, payload)
    // A server under test sends neither.
    else if (type === FRAME.goAway || type === FRAME.continuation) this.#socket.destroy()
  }

  #handlePing(flags: number, payload: Buffer): void {
    if ((flags & FLAG.acknowledge) === 0) this.#send(encodeFrame(FRAME.ping, FLAG.acknowledge, 0, payload))
  }

  #handleData(flags: number, id: number, payload: Buffer): void {
    if ((flags & FLAG.padded) !== 0) this.#socket.destroy()
    const stream = this.#streams.get(id)
    this.#receivedBytes = this.#updateWindow(0, this.#receivedBytes + payload.length)
    if (stream === undefined) return
    stream.received = this.#updateWindow(id, stream.received + payload.length)
    stream.caller.data(payload)
    if ((flags & FLAG.endStream) !== 0) this.#end(id, false)
  }

  #updateWindow(id: number, received: number): number {
    if (received < WINDOW_UPDATE_BYTES) return received
    this.#send(windowUpdateFrame(id, received))
    return 0
  }

  #handleHeaders(flags: number, id: number, block: Buffer): void {
    if ((flags & FLAG.endStream) === 0) return
    if (this.#success === undefined) this.#lastTrailers = Buffer.from(block)
    this.#end(id, this.#success === undefined || block.equals(this.#success))
  }

  #handleSettings(flags: number, payload: Buffer): void {
    if ((flags & FLAG.acknowledge) !== 0) return
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2)
      switch (payload.readUInt16BE(at)) {
        case SETTING.maxConcurrentStreams:
          this.#maxStreams = value
          break
        case SETTING.maxFrameSize:
          this.#frameSize = value
          break
        case SETTING.initialWindowSize:
          for (const stream of this.#streams.values()) stream.window += value - this.#streamWindow
          this.#streamWindow = value
      }
    }
    this.#send(encodeFrame(FRAME.settings, FLAG.acknowledge, 0, Buffer.alloc(0)))
    this.#ready.resolve()
  }

  #handleWindowUpdate(id: number, increment: number): void {
    if (id === 0) {
      this.#window += increment
      for (const [each, stream] of this.#streams) this.#pump(each, stream)
      return
    }
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.window += increment
    this.#pump(id, stream)
  }

  #end(id: number, ok: boolean): void {
    const stream = this.#streams.get(id)
    if (!this.#streams.delete(id)) return
    stream?.caller.end(ok)
  }

  #fail(error = new Error('the server closed the connection')): void {
    this.#ready.reject(error)
    for (const id of [...this.#streams.keys()]) this.#end(id, false)
  }
}

/** Opens connections for some work, and closes them after it. */
export async function withConnections<Result>(
  address: string,
  count: number,
  work: (connections: readonly Connection[]) => Promise<Result>,
): Promise<Result> {
  const connections: Connection[] = []
  try {
    for (let index = 0; index < count; index += 1) connections.push(await Connection.open(address))
    return await work(connections)
  } finally {
    for (const connection of connections) connection.close()
  }
}
