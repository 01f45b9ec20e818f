import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type Settings,
} from 'node:http2'

export interface RawCall {
  readonly stream: ClientHttp2Stream
  /** Resolves with the status of the call; rejects when the stream breaks without one. */
  readonly status: Promise<RawStatus>
}

export interface RawStatus {
  readonly code: number
  readonly message: string
  readonly headers: IncomingHttpHeaders
}

/** Calls as no client library would: with frames of the caller's own making. */
export class RawGrpc implements Disposable {
  readonly #session: ClientHttp2Session

  constructor(address: string, settings: Settings = {}) {
    this.#session = connect(`http://${address}`, { settings })
    this.#session.on('error', () => {})
  }

  open(path: string, headers: Readonly<Record<string, string>> = {}): RawCall {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    stream.on('error', () => {})
    const status = statusOf(stream)
    status.catch(() => {})
    return { stream, status }
  }

  [Symbol.dispose](): void {
    this.#session.destroy()
  }
}

/** A message as it travels. */
export function frame(message: Uint8Array, isCompressed = false): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt8(isCompressed ? 1 : 0, 0)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}

async function statusOf(stream: ClientHttp2Stream): Promise<RawStatus> {
  let found: IncomingHttpHeaders = {}
  const keep = (headers: IncomingHttpHeaders) => {
    found = { ...found, ...headers }
  }
  stream.once('response', keep).once('trailers', keep).resume()
  // The server may have ended its side alone.
  await Promise.race([once(stream, 'end'), once(stream, 'close')])
  const { 'grpc-status': code, 'grpc-message': message = '' } = found
  if (code === undefined) throw new Error(`the stream ended without a status, by ${stream.rstCode}`)
  return { code: Number(code), message: decodeURI(String(message)), headers: found }
}
