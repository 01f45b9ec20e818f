import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Http2Session, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { replaceStreamTables } from './stream-table.ts'

/** Node publishes each HTTP/2 stream of a server on this channel, before its listeners get the stream. */
const CREATED = 'http2.server.stream.created'

/** 24 days: grpc-js counts milliseconds in 32 bits, and a call with a longer deadline would end at once. */
const MAX_TIMEOUT_SECONDS = 24 * 24 * 60 * 60
const UNIT_SECONDS: Readonly<Record<string, number>> = { H: 3600, M: 60, S: 1, m: 1e-3, u: 1e-6, n: 1e-9 }

/** The bytes that a client may send before the server has read them: in one call, and in all calls of a connection. */
const WINDOWS = { stream: 2 ** 20, connection: 4 * 2 ** 20 }

/**
 * Prepares the streams of a port for grpc-js: deadlines that it can count, and windows with which a document is sent at the
 * speed of the link. grpc-js leaves the default of 64 KiB, which is 3 MB/s over a link of 20 ms. Returns how to stop.
 */
export function prepareStreams(port: number): () => void {
  const prepared = new WeakSet<Http2Session>()
  const prepare = (message: unknown) => {
    const { stream, headers } = message as {
      readonly stream: ServerHttp2Stream
      readonly headers: IncomingHttpHeaders
    }
    const { session } = stream
    if (session?.socket?.localPort !== port) return
    const timeout = headers['grpc-timeout']
    if (timeout !== undefined) headers['grpc-timeout'] = cappedTimeout(String(timeout))
    if (prepared.has(session)) return
    prepared.add(session)
    replaceStreamTables(session)
    session.setLocalWindowSize(WINDOWS.connection)
    session.settings({ initialWindowSize: WINDOWS.stream })
  }
  subscribe(CREATED, prepare)
  return () => unsubscribe(CREATED, prepare)
}

/** A timeout that is none gets the longest: grpc-js would report it as INTERNAL. */
function cappedTimeout(timeout: string): string {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(timeout) ?? []
  const seconds = Number(digits) * (UNIT_SECONDS[unit] ?? Number.NaN)
  return seconds <= MAX_TIMEOUT_SECONDS ? timeout : `${MAX_TIMEOUT_SECONDS}S`
}
