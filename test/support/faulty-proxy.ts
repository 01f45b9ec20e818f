import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { errorToJson } from '@connectrpc/connect/protocol-connect'
import { toConnectError } from '../../src/grpc/connect/errors.ts'
import { LaurelError } from '../../src/model/errors.ts'
import { postJson } from './post-json.ts'

/** The fault of one attempt of a call. */
export type Fault =
  /** Responds UNAVAILABLE, with a RetryInfo of this many milliseconds if there are any. */
  | { readonly unavailable: number | null }
  /** Responds 502 with HTML, as a proxy does. */
  | { readonly badGateway: true }
  /** Closes the connection before the server gets the request. */
  | { readonly dropRequest: true }
  /** Closes the connection when the server has responded. */
  | { readonly dropResponse: true }
  /** Never responds. */
  | { readonly hang: true }
  /** Closes the connection of a stream after so many messages and so many bytes of the next one; then calls an RPC directly. */
  | { readonly cutAfterMessages: number; readonly bytes: number; readonly then?: DirectCall }

export interface DirectCall {
  readonly call: string
  readonly request: object
}

/** One request as it arrived. */
export interface Attempt {
  readonly path: string
  readonly headers: Readonly<IncomingMessage['headers']>
  readonly body: string
}

export interface FaultyProxy extends AsyncDisposable {
  readonly url: string
  /** Returns the attempts of a call by its name. */
  attempts(name: string): readonly Attempt[]
}

const ENVELOPE_BYTES = 5

/**
 * Passes requests on to a server. The first part of a path names a call, whose attempts get its faults, one each; further
 * attempts get none.
 */
export async function startFaultyProxy(
  target: string,
  faults: ReadonlyMap<string, readonly Fault[]>,
): Promise<FaultyProxy> {
  const attempts = new Map<string, Attempt[]>()
  const server = createServer(async (request, response) => {
    const [, name = '', path = ''] = /^\/([^/]+)(\/.*)$/.exec(request.url ?? '') ?? []
    const body = await buffer(request)
    const made = attempts.get(name) ?? []
    attempts.set(name, [...made, { path, headers: request.headers, body: body.toString() }])
    const fault = faults.get(name)?.[made.length]
    try {
      await pass({ target, path, request, body, response }, fault)
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    attempts: (name) => attempts.get(name) ?? [],
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Exchange {
  readonly target: string
  readonly path: string
  readonly request: IncomingMessage
  readonly body: Buffer
  readonly response: ServerResponse
}

async function pass(exchange: Exchange, fault: Fault | undefined): Promise<void> {
  const { target, request, response } = exchange
  if (fault === undefined) return void (await forward(exchange)).pipe(response)
  if ('hang' in fault) return
  if ('unavailable' in fault) return refuse(response, fault.unavailable)
  if ('badGateway' in fault)
    return void response.writeHead(502, { 'content-type': 'text/html' }).end('<html>')
  if ('dropRequest' in fault) return void request.socket.destroy()
  const upstream = await forward(exchange)
  if ('dropResponse' in fault) {
    await buffer(upstream)
    request.socket.destroy()
    return
  }
  try {
    await cut(upstream, response, fault.cutAfterMessages, fault.bytes)
  } finally {
    if (fault.then !== undefined) await callDirectly(target, fault.then)
    request.socket.destroy()
  }
}

/** Sends the request to the server, and the head of its response to the client. */
function forward({ target, path, request, body, response }: Exchange): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { host, connection, ...headers } = request.headers
    const upstream = httpRequest(target + path, { method: request.method, headers })
    upstream.once('error', reject)
    upstream.once('response', (found) => {
      response.writeHead(found.statusCode ?? 500, found.headers)
      found.once('error', () => response.destroy())
      resolve(found)
    })
    response.once('close', () => upstream.destroy())
    upstream.end(body)
  })
}

function refuse(response: ServerResponse, retryMilliseconds: number | null): void {
  const details = retryMilliseconds === null ? {} : { retryAfter: retryMilliseconds / 1000 }
  const error = new LaurelError('unavailable', 'DATABASE_UNAVAILABLE', 'try again', details)
  const body = JSON.stringify(errorToJson(toConnectError(error), undefined))
  response.writeHead(503, { 'content-type': 'application/json' }).end(body)
}

/** Passes on the first messages of a stream, and so many bytes of the next one. */
async function cut(
  upstream: IncomingMessage,
  response: ServerResponse,
  messages: number,
  bytes: number,
): Promise<void> {
  let received = Buffer.alloc(0)
  for await (const chunk of upstream.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk])
    const end = endOf(received, messages) + bytes
    if (received.length < end) continue
    await new Promise((resolve) => response.write(received.subarray(0, end), resolve))
    return
  }
}

/** Returns where the first messages end; infinity if they have not arrived. */
function endOf(received: Buffer, messages: number): number {
  let end = 0
  for (let index = 0; index < messages; index += 1) {
    if (received.length < end + ENVELOPE_BYTES) return Number.POSITIVE_INFINITY
    end += ENVELOPE_BYTES + received.readUInt32BE(end + 1)
  }
  return end
}

async function callDirectly(target: string, { call, request }: DirectCall): Promise<void> {
  const { status, body } = await postJson(`${target}/laurel.v1.${call}`, request)
  if (status !== 200) throw new Error(`${call} failed: ${JSON.stringify(body)}`)
}
