import { connect, type Socket } from 'node:net'
import {
  callHead,
  DEFAULT_FRAME_SIZE,
  DEFAULT_WINDOW,
  FLAG,
  FRAME,
  frame,
  HEAD_LENGTH,
  LARGEST_WINDOW,
  PREFACE,
  SETTING,
  settingsFrame,
  windowUpdateFrame,
  writeHead,
} from './frames.ts'

/** Who waits for the answer of a call. */
export interface Caller {
  /** Bytes of the answer's messages, as they come: who keeps some copies them. */
  data(bytes: Buffer): void
  /** The last of it. True only for the status OK. */
  end(ok: boolean): void
}

interface Stream {
  readonly caller: Caller
  /** How much the server takes of it for now. */
  window: number
  /** What waits for the windows to open. */
  readonly waiting: { bytes: Buffer; readonly end: boolean }[]
  /** Bytes received since the server was last given room for them. */
  taken: number
}

export const HEALTH_CHECK = '/grpc.health.v1.Health/Check'
/** A gRPC message without content: it asks for the health of the whole server. */
export const EMPTY_MESSAGE = Buffer.alloc(5)
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 0x01])
const GIVE_ROOM_AFTER = 2 ** 29
/** Several frames of the largest size that a server may send. */
const RECEIVED_AT_ONCE = 2 ** 17

/**
 * One HTTP/2 connection that makes gRPC calls and does as little as the protocol allows: requests come as bytes, and a
 * call has succeeded if its trailers are, byte by byte, those of a health check that answered SERVING. Anything else
 * is a failure.
 */
export class Connection {
  readonly #socket: Socket
  readonly #streams = new Map<number, Stream>()
  readonly #ready = Promise.withResolvers<void>()
  #lastStream = -1
  #window = DEFAULT_WINDOW
  #streamWindow = DEFAULT_WINDOW
  #frameSize = DEFAULT_FRAME_SIZE
  #mostStreams = Number.POSITIVE_INFINITY
  #taken = 0
  /** What comes in is read to the same place again and again: to collect garbage would take more than all else. */
  readonly #received = Buffer.allocUnsafe(RECEIVED_AT_ONCE)
  /** So much of it is the beginning of a frame. */
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
        buffer: () => this.#received.subarray(this.#rest),
        callback: (size) => {
          this.#receive(size)
          return true
        },
      },
    })
    this.#socket.on('error', (error) => this.#lost(error))
    this.#socket.on('close', () => this.#lost())
  }

  /** @throws Error when nobody answers, or not as a healthy gRPC server does. */
  static async open(address: string): Promise<Connection> {
    const connection = new Connection(new URL(`http://${address}`))
    const settings = settingsFrame([
      // The server then compresses no header by what it sent before: equal trailers are equal bytes.
      [SETTING.headerTableSize, 0],
      [SETTING.enablePush, 0],
      [SETTING.initialWindowSize, LARGEST_WINDOW],
    ])
    connection.#send(
      Buffer.concat([PREFACE, settings, windowUpdateFrame(0, LARGEST_WINDOW - DEFAULT_WINDOW)]),
    )
    await connection.#ready.promise
    // The first answer may tell the new table size; the second one looks like all that follow.
    for (const _ of [1, 2]) await connection.#learnSuccess(address)
    connection.#success = connection.#lastTrailers
    return connection
  }

  /** How many more calls the server lets this connection have at the same time. */
  get room(): number {
    return this.#mostStreams - this.#streams.size
  }

  /** Makes a call of one message, or begins one of many. `head` comes of `callHead`, the message with its gRPC prefix. */
  call(head: Buffer, message: Buffer, caller: Caller, end = true): number {
    this.#lastStream += 2
    const id = this.#lastStream
    const stream = { caller, window: this.#streamWindow, waiting: [], taken: 0 }
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

  /** Sends more of a call, as soon as the server has room for it. The bytes are copied. */
  write(id: number, message: Buffer, end: boolean): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.waiting.push({ bytes: Buffer.from(message), end })
    this.#pump(id, stream)
  }

  close(): void {
    this.#socket.destroy()
  }

  async #learnSuccess(address: string): Promise<void> {
    const answer: Buffer[] = []
    const ended = Promise.withResolvers<void>()
    const caller: Caller = { data: (bytes) => answer.push(Buffer.from(bytes)), end: () => ended.resolve() }
    this.call(callHead(HEALTH_CHECK, address), EMPTY_MESSAGE, caller)
    await ended.promise
    if (!Buffer.concat(answer).equals(SERVING))
      throw new Error(`${address} is no gRPC server that is serving`)
  }

  /** What is written in one turn of the loop goes out together. */
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
    for (let next = stream.waiting[0]; next !== undefined; next = stream.waiting[0]) {
      const size = Math.min(next.bytes.length, this.#window, stream.window, this.#frameSize)
      if (size <= 0 && next.bytes.length > 0) return
      const isLast = size === next.bytes.length
      const flags = isLast && next.end ? FLAG.endStream : 0
      this.#send(frame(FRAME.data, flags, id, next.bytes.subarray(0, size)))
      this.#window -= size
      stream.window -= size
      if (isLast) stream.waiting.shift()
      else next.bytes = next.bytes.subarray(size)
    }
  }

  #receive(size: number): void {
    const bytes = this.#received.subarray(0, this.#rest + size)
    let at = 0
    while (at + HEAD_LENGTH <= bytes.length) {
      const end = at + HEAD_LENGTH + bytes.readUIntBE(at, 3)
      if (end > bytes.length) break
      const id = bytes.readUInt32BE(at + 5) & 0x7f_ff_ff_ff
      this.#take(bytes[at + 3] as number, bytes[at + 4] as number, id, bytes.subarray(at + HEAD_LENGTH, end))
      at = end
    }
    bytes.copyWithin(0, at)
    this.#rest = bytes.length - at
  }

  #take(type: number, flags: number, id: number, payload: Buffer): void {
    if (type === FRAME.data) this.#takeData(flags, id, payload)
    else if (type === FRAME.headers) this.#takeHeaders(flags, id, payload)
    else if (type === FRAME.windowUpdate) this.#takeWindow(id, payload.readUInt32BE(0))
    else if (type === FRAME.settings) this.#takeSettings(flags, payload)
    else if (type === FRAME.reset) this.#end(id, false)
    else if (type === FRAME.ping) this.#takePing(flags, payload)
    // Neither comes from a server that is measured in peace.
    else if (type === FRAME.goAway || type === FRAME.continuation) this.#socket.destroy()
  }

  #takePing(flags: number, payload: Buffer): void {
    if ((flags & FLAG.acknowledge) === 0) this.#send(frame(FRAME.ping, FLAG.acknowledge, 0, payload))
  }

  #takeData(flags: number, id: number, payload: Buffer): void {
    if ((flags & FLAG.padded) !== 0) this.#socket.destroy()
    const stream = this.#streams.get(id)
    this.#taken = this.#giveRoom(0, this.#taken + payload.length)
    if (stream === undefined) return
    stream.taken = this.#giveRoom(id, stream.taken + payload.length)
    stream.caller.data(payload)
    if ((flags & FLAG.endStream) !== 0) this.#end(id, false)
  }

  #giveRoom(id: number, taken: number): number {
    if (taken < GIVE_ROOM_AFTER) return taken
    this.#send(windowUpdateFrame(id, taken))
    return 0
  }

  #takeHeaders(flags: number, id: number, block: Buffer): void {
    if ((flags & FLAG.endStream) === 0) return
    if (this.#success === undefined) this.#lastTrailers = Buffer.from(block)
    this.#end(id, this.#success === undefined || block.equals(this.#success))
  }

  #takeSettings(flags: number, payload: Buffer): void {
    if ((flags & FLAG.acknowledge) !== 0) return
    for (let at = 0; at < payload.length; at += 6) {
      const value = payload.readUInt32BE(at + 2)
      switch (payload.readUInt16BE(at)) {
        case SETTING.maxConcurrentStreams:
          this.#mostStreams = value
          break
        case SETTING.maxFrameSize:
          this.#frameSize = value
          break
        case SETTING.initialWindowSize:
          for (const stream of this.#streams.values()) stream.window += value - this.#streamWindow
          this.#streamWindow = value
      }
    }
    this.#send(frame(FRAME.settings, FLAG.acknowledge, 0, Buffer.alloc(0)))
    this.#ready.resolve()
  }

  #takeWindow(id: number, increment: number): void {
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

  #lost(error = new Error('the server closed the connection')): void {
    this.#ready.reject(error)
    for (const id of [...this.#streams.keys()]) this.#end(id, false)
  }
}
