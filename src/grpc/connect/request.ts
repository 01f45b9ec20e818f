import type { IncomingMessage } from 'node:http'
import type { DescMethod } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { invalidArgument } from '../../model/errors.ts'
import { JoinedBytes } from '../../model/joined-bytes.ts'
import { LIMITS } from '../../model/limits.ts'
import type { OpenCall } from '../../service/call-limiter.ts'
import { checkMessage } from '../message-bounds.ts'
import { toConnectError } from './errors.ts'
import { checkJsonMessage } from './json-message.ts'

/** 24 days: timers count milliseconds in 32 bits, and a call with a longer deadline would end at once. */
export const MAX_TIMEOUT_MILLISECONDS = 24 * 24 * 60 * 60 * 1000
/** The flag, and the length in 32 bits, before a message of a stream. */
const ENVELOPE_BYTES = 5
const COMPRESSED = 1

/**
 * Yields the body of a request after its check. It is read when Connect pulls it, which is after `admit` has authenticated the
 * caller.
 * @throws ConnectError if it is too large, or no message of the method within its bounds.
 */
export async function* checkedBody(
  method: DescMethod,
  raw: IncomingMessage,
  countedOf: () => OpenCall,
): AsyncGenerator<Uint8Array> {
  try {
    const isStream = method.methodKind !== 'unary'
    const encoding = raw.headers[isStream ? 'connect-content-encoding' : 'content-encoding']
    if (encoding !== undefined && encoding !== 'identity') throw compressed()
    const bytes = await readAll(raw, countedOf())
    const isJson = /\bjson\b/.test(raw.headers['content-type'] ?? '')
    check(method, isStream ? contentOf(bytes) : bytes, isJson)
    yield bytes
  } catch (error) {
    throw toConnectError(error)
  }
}

/** Checks the message of a GET request, which is in its URL. */
export function checkQuery(method: DescMethod, url: string): void {
  const query = new URL(url).searchParams
  if ((query.get('compression') ?? 'identity') !== 'identity') throw compressed()
  const message = query.get('message') ?? ''
  const bytes = Buffer.from(message, query.get('base64') === '1' ? 'base64url' : 'utf8')
  check(method, bytes, query.get('encoding') === 'json')
}

function check(method: DescMethod, bytes: Buffer, isJson: boolean): void {
  if (isJson) checkJsonMessage(method.input, bytes)
  else checkMessage(`/${method.parent.typeName}/${method.name}`, bytes)
}

/** Reads a body, which counts as held by the call. */
async function readAll(raw: IncomingMessage, counted: OpenCall): Promise<Buffer> {
  const { 'content-length': length = LIMITS.messageBytes } = raw.headers
  if (Number(length) > LIMITS.messageBytes) throw tooLarge()
  const body = new JoinedBytes(Number(length), (bytes) => counted.reserve(bytes))
  // The response to a body that is not read to its end needs the connection.
  for await (const chunk of raw.iterator({ destroyOnReturn: false })) {
    if (body.length + chunk.length > LIMITS.messageBytes) throw tooLarge()
    body.add(chunk)
  }
  return body.take()
}

/** Returns the message in the one envelope of a body. */
function contentOf(body: Buffer): Buffer {
  const isWhole = body.length >= ENVELOPE_BYTES && body.readUInt32BE(1) === body.length - ENVELOPE_BYTES
  if (!isWhole) {
    const message =
      'the body must be one message in an envelope: a byte 0, the length in 4 bytes, the message'
    throw invalidArgument([{ field: '', message }])
  }
  if (body.readUInt8(0) & COMPRESSED) throw compressed()
  return body.subarray(ENVELOPE_BYTES)
}

function tooLarge(): ConnectError {
  const message = `the message must be at most ${LIMITS.messageBytes} bytes`
  return new ConnectError(message, Code.ResourceExhausted)
}

export function compressed(): ConnectError {
  return new ConnectError('a request must not be compressed: send it as it is', Code.Unimplemented)
}

/** Returns the headers of a request, with a deadline that timers can count. */
export function headersOf({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  const timeout = Number(headers.get('connect-timeout-ms'))
  if (timeout > MAX_TIMEOUT_MILLISECONDS) headers.set('connect-timeout-ms', String(MAX_TIMEOUT_MILLISECONDS))
  return headers
}
