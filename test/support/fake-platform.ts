import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Issued } from './certificates.ts'

/** Limits of calls that never expire in a test. */
export const PATIENT = {
  connectTimeoutMilliseconds: 600_000,
  headersTimeoutMilliseconds: 600_000,
  bodyTimeoutMilliseconds: 600_000,
  totalTimeoutMilliseconds: 600_000,
} as const

/** The reaction of a platform to a request. Whether it applies the request is independent of its response. */
export type Behaviour =
  | {
      readonly kind: 'respond'
      readonly status: number
      readonly headers?: Readonly<Record<string, string | string[]>>
      readonly body?: string
      /** By default true for 2xx and 304. */
      readonly applies?: boolean
    }
  /** Closes the connection without a response. */
  | { readonly kind: 'drop'; readonly applies?: boolean }
  /** Reads the request and sends nothing, or only the beginning of a response, until the platform is closed. */
  | { readonly kind: 'hang'; readonly begun?: boolean }
  /** Responds a byte at a time, without end. */
  | { readonly kind: 'trickle'; readonly part: 'headers' | 'body' }
  /** Responds as fast as it can, without end. */
  | { readonly kind: 'flood' }

export interface Received {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  /** The header `idempotency-key` or, for webhooks, `webhook-id`. */
  readonly key: string | undefined
}

/** Chooses the behaviour for a request; `index` counts requests from 0. */
export type Behave = (request: Received, index: number) => Behaviour

export interface FakePlatform {
  readonly url: string
  readonly port: number
  /** All requests in order, including repeated ones. */
  readonly received: readonly Received[]
  /** The applied requests by idempotency key: one entry however often a request is repeated. */
  readonly applied: ReadonlyMap<string, Received>
  /** How many connections were opened. */
  readonly connections: number
  /** The largest number of requests that waited for a response at the same time. */
  readonly maxInFlight: number
  /** May be changed at any time. */
  behave: Behave
  close(): Promise<void>
}

export interface FakePlatformOptions {
  readonly behave?: Behave
  /** To listen on the port of an earlier platform. */
  readonly port?: number
  readonly tls?: Issued
}

/** Starts another company's HTTP server on a real socket. */
export async function startFakePlatform({
  behave = always(respond(200)),
  port = 0,
  tls,
}: FakePlatformOptions = {}): Promise<FakePlatform> {
  const received: Received[] = []
  const applied = new Map<string, Received>()
  const platform = { behave, connections: 0, maxInFlight: 0 }
  let waiting = 0
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const came = await read(request)
    waiting += 1
    response.once('close', () => {
      waiting -= 1
    })
    platform.maxInFlight = Math.max(platform.maxInFlight, waiting)
    const behaviour = platform.behave(came, received.length)
    received.push(came)
    if (came.key !== undefined && applies(behaviour) && !applied.has(came.key)) applied.set(came.key, came)
    act(behaviour, response)
  }
  // A client that disconnects during its request is not a fault of the platform.
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void handle(request, response).catch(() => {})
  const server: Server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer({ cert: tls.cert, key: tls.private }, listener)
  // A client that reuses a connection while it is being closed would see a failure that no test asked for.
  server.keepAliveTimeout = 0
  server.on('connection', () => {
    platform.connections += 1
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address() as AddressInfo
  return Object.assign(platform, {
    url: `${tls === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${address.port}`,
    port: address.port,
    received,
    applied,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  })
}

export function respond(
  status: number,
  more: Omit<Extract<Behaviour, { kind: 'respond' }>, 'kind' | 'status'> = {},
): Behaviour {
  return { kind: 'respond', status, ...more }
}

export function json(body: unknown): Behaviour {
  return respond(200, { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
}

export function always(behaviour: Behaviour): Behave {
  return () => behaviour
}

/** Uses each behaviour once, in order, and then the last one for ever. */
export function script(...behaviours: readonly [...Behaviour[], Behaviour]): Behave {
  let next = 0
  return () => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)] as Behaviour
    next += 1
    return behaviour
  }
}

/** Picks behaviours at random by weight; the same sequence for the same seed. */
export function atRandom(seed: number, weighted: readonly (readonly [weight: number, Behaviour])[]): Behave {
  const random = randomFrom(seed)
  const total = weighted.reduce((sum, [weight]) => sum + weight, 0)
  return () => {
    let left = random() * total
    const chosen = weighted.find(([weight]) => {
      left -= weight
      return left < 0
    })
    return (chosen ?? weighted[0])?.[1] as Behaviour
  }
}

/** Fails in every way, and succeeds in two: `well` is the weight of success against about 10 for failures. */
export function unreliable(seed: number, well = 10): Behave {
  return atRandom(seed, [
    [well, respond(200)],
    [well / 5, respond(304)],
    [2, respond(429, { headers: { 'retry-after': '0' } })],
    [2, respond(500)],
    [1, respond(503, { applies: true })],
    [2, { kind: 'drop' }],
    [2, { kind: 'drop', applies: true }],
    [1, { kind: 'hang' }],
  ])
}

async function read(request: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { method = '', url: path = '', headers } = request
  const key = headers['idempotency-key'] ?? headers['webhook-id']
  return { method, path, headers, body: Buffer.concat(chunks).toString('utf8'), key: key?.toString() }
}

function applies(behaviour: Behaviour): boolean {
  if (behaviour.kind === 'drop') return behaviour.applies ?? false
  if (behaviour.kind !== 'respond') return false
  const { status } = behaviour
  return behaviour.applies ?? ((status >= 200 && status < 300) || status === 304)
}

function act(behaviour: Behaviour, response: ServerResponse): void {
  switch (behaviour.kind) {
    case 'respond':
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body)
      return
    case 'drop':
      response.socket?.destroy()
      return
    case 'hang':
      if (behaviour.begun) response.writeHead(200).write('x')
      return
    case 'trickle':
      trickle(behaviour.part, response)
      return
    case 'flood':
      response.writeHead(200)
      flood(response)
  }
}

function trickle(part: 'headers' | 'body', response: ServerResponse): void {
  if (part === 'body') response.writeHead(200).flushHeaders()
  else response.socket?.write('HTTP/1.1 200 OK\r\nx-slow: ')
  const timer = setInterval(() => {
    if (part === 'body') response.write('x')
    else response.socket?.write('x')
  }, 20)
  response.socket?.once('close', () => clearInterval(timer))
}

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const more = () => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}

/** Mulberry32: a small seeded generator. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
