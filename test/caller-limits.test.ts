import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TranslateRequest } from '../src/gen/laurel/v1/exchange_service.ts'
import { ListProgressRequest } from '../src/gen/laurel/v1/progress_service.ts'
import { connectPlugin } from '../src/grpc/connect/plugin.ts'
import { createGrpcServer } from '../src/grpc/server.ts'
import { openRpcs } from '../src/grpc/services.ts'
import { createHttpServer } from '../src/http/server.ts'
import type { Principal } from '../src/model/principal.ts'
import { gateways } from '../src/registry.ts'
import type { Authenticate } from '../src/service/call.ts'
import { CallLimiter } from '../src/service/call-limiter.ts'
import { openOperations } from '../src/service/operations.ts'
import { openStore } from '../src/store/store.ts'
import { CODED, UNCODED } from './support/documents.ts'
import { frame, RawGrpc } from './support/raw-grpc.ts'
import { READY, servicesOn, testWire } from './support/services.ts'

/** A credential names its kind and caller: `player ann`. */
const authenticate: Authenticate = async (authorization) => {
  const [, kind, name = ''] = authorization?.split(' ') ?? []
  // As long as a signature takes, and a client needs to leave.
  if (name === 'gone') await sleep(100)
  return (
    kind === 'player'
      ? { kind, name, playerId: name, permissions: [], callsPerSecond: 1 }
      : { kind: 'service', name, permissions: [] }
  ) satisfies Principal
}

const store = openStore({ connectionString: 'postgres://127.0.0.1:1/none', poolSize: 1, onError: () => {} })
const operations = openOperations(servicesOn(store))
const wire = { ...testWire, authenticate, limiter: new CallLimiter() }
const grpc = createGrpcServer(operations, wire)
const host = {
  ...wire,
  operations,
  checked: true,
  strict: new Set<string>(),
  readiness: READY,
  metrics: undefined,
}
const plugins = [connectPlugin(openRpcs(operations), wire)]
const http = createHttpServer(gateways, host, undefined, { plugins })
let addresses: { readonly grpc: string; readonly http: string }
beforeAll(async () => {
  addresses = { grpc: await grpc.listen('127.0.0.1:0'), http: await http.listen('127.0.0.1:0') }
})
afterAll(async () => {
  await Promise.all([grpc.stop(), http.stop()])
  await store.close()
})

const DIALECTS = '/laurel.v1.ExchangeService/ListDialects'
const STREAM = '/laurel.v1.ProgressService/StreamProgress'
const as = (credential: string) => ({ authorization: `Bearer ${credential}` })

/** Opens a stream of progress. Returns its status, or `open` once its first message was accepted. */
async function openStream(client: RawGrpc, credential: string) {
  const call = client.open(STREAM, as(credential))
  // A message without items: a stream that is open refuses it.
  call.stream.write(frame(new Uint8Array()))
  const { code, message, headers } = await call.status
  return { code, message, headers }
}

test('a caller has as many streams open as it may, and another caller still opens one', async () => {
  using client = new RawGrpc(addresses.grpc)
  const streams = Array.from({ length: 64 }, () => client.open(STREAM, as('service many')))
  const refused = await openStream(client, 'service many')
  expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
  expect(refused.message).toContain('64 streams open')
  expect((await openStream(client, 'service other')).code).toBe(status.INVALID_ARGUMENT)
  for (const { stream } of streams) stream.close()
  await expect.poll(async () => (await openStream(client, 'service many')).code).toBe(status.INVALID_ARGUMENT)
})

test('the calls of a caller are counted together on all wires, and those of another are not', async () => {
  using client = new RawGrpc(addresses.grpc)
  const [mount] = gateways[0]?.mounts ?? []
  const [route] = gateways[0]?.routes.filter(({ method, open }) => method === 'GET' && !open) ?? []
  const get = async (credential: string) => {
    const response = await fetch(`http://${addresses.http}${mount}${route?.path}`, {
      headers: as(credential),
    })
    return response.status
  }
  const list = async (credential: string) => {
    const call = client.open('/laurel.v1.ProgressService/ListProgress', as(credential))
    call.stream.end(frame(ListProgressRequest.encode(ListProgressRequest.create()).finish()))
    return call.status
  }
  for (let count = 0; count < 5; count += 1) {
    expect(await get('player ann')).not.toBe(429)
    expect((await list('player ann')).code).toBe(status.INVALID_ARGUMENT)
  }
  expect(await get('player ann')).toBe(429)
  const post = async (credential: string) => {
    const headers = { ...as(credential), 'content-type': 'application/json' }
    const path = `http://${addresses.http}/laurel.v1.ProgressService/ListProgress`
    return fetch(path, { method: 'POST', headers, body: '{}' })
  }
  const limited = await post('player ann')
  expect([limited.status, Number(limited.headers.get('retry-after'))]).toEqual([429, expect.any(Number)])
  expect(await limited.json()).toMatchObject({ details: [{ debug: { reason: 'RATE_LIMITED' } }, {}] })
  expect((await post('player dora')).status).toBe(400)
  const refused = await list('player ann')
  expect(refused).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
  expect(
    Buffer.from(String(refused.headers['grpc-status-details-bin']), 'base64').toString('latin1'),
  ).toMatch(/RATE_LIMITED.*google\.rpc\.RetryInfo/s)
  expect(await get('player ben')).not.toBe(429)
})

test('each message of a stream counts', async () => {
  using client = new RawGrpc(addresses.grpc)
  const call = client.open('/laurel.v1.ExchangeService/Translate', as('player carl'))
  const first = TranslateRequest.fromPartial({ from: CODED, to: UNCODED })
  call.stream.write(frame(TranslateRequest.encode(first).finish()))
  for (let count = 0; count < 20; count += 1) call.stream.write(frame(new Uint8Array()))
  const { code, message } = await call.status
  expect([code, message]).toEqual([
    status.RESOURCE_EXHAUSTED,
    expect.stringContaining('more than 10 calls in 10 seconds'),
  ])
})

describe('a caller with 600 open calls', () => {
  const LIST = '/laurel.v1.ProgressService/ListProgress'
  const request = frame(ListProgressRequest.encode(ListProgressRequest.create()).finish())

  test.each([
    ['that send nothing', new Uint8Array()],
    ['that send a part of their request', request.subarray(0, 3)],
    ['that send a request and do not end it', request],
  ])('%s delays no other caller', async (_, sent) => {
    using client = new RawGrpc(addresses.grpc)
    for (let count = 0; count < 600; count += 1) client.open(LIST, as('service slow')).stream.write(sent)
    const { stream, status: end } = client.open(LIST, as('service other'))
    stream.end(request)
    expect((await end).code).toBe(status.INVALID_ARGUMENT)
  })
})

test('a second request of a call with one is refused', async () => {
  using client = new RawGrpc(addresses.grpc)
  const { stream, status: end } = client.open('/laurel.v1.ProgressService/ListProgress', as('service two'))
  stream.end(Buffer.concat([frame(new Uint8Array()), frame(new Uint8Array())]))
  expect(await end).toMatchObject({ code: status.INVALID_ARGUMENT })
})

const gatewayRoute = gateways
  .flatMap(({ mounts, routes }) => routes.map((route) => ({ mount: mounts[0], ...route })))
  .find(({ method, maxBodyBytes }) => method === 'POST' && maxBodyBytes === undefined)

test.each([`${gatewayRoute?.mount}${gatewayRoute?.path}`, '/laurel.v1.ProgressService/ListProgress'])(
  'the bodies of a caller, by HTTP (%s) and by gRPC, are counted together, and those of another are not',
  async (path) => {
    const [host, port] = addresses.http.split(':')
    const post = (credential: string, length: number, sent: number) => {
      const socket = connect(Number(port), host)
      const head = `content-type: application/json\r\ncontent-length: ${length}\r\nauthorization: Bearer ${credential}`
      socket.on('error', () => {})
      socket.write(`POST ${path} HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n`)
      socket.write(Buffer.alloc(sent, ' '))
      return socket
    }
    const statusOf = async (socket: Socket) => {
      const [response] = await once(socket, 'data')
      return Number(/^HTTP\/1\.1 (\d+)/.exec(String(response))?.[1])
    }
    const sockets = Array.from({ length: 40 }, () => post('service slow', 2 ** 22, 2 ** 20))
    const refused = await Promise.race(sockets.map(statusOf))
    expect(refused).toBe(429)
    using client = new RawGrpc(addresses.grpc)
    const large = frame(Buffer.alloc(4 * 2 ** 20))
    const call = client.open('/laurel.v1.ProgressService/ListProgress', as('service slow'))
    call.stream.write(large.subarray(0, -1))
    expect(await call.status).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message: expect.stringContaining('bytes'),
    })
    expect(await statusOf(post('service other', 2 ** 20, 2 ** 20))).not.toBe(429)
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => statusOf(post('service slow', 2 ** 20, 2 ** 20))).not.toBe(429)
  },
)

describe('a caller that reads no responses', () => {
  test('of 600 calls by gRPC delays no other caller', async () => {
    using deaf = new RawGrpc(addresses.grpc, { initialWindowSize: 0 })
    for (let count = 0; count < 600; count += 1)
      deaf.open(DIALECTS, as('service deaf')).stream.end(frame(new Uint8Array()))
    using client = new RawGrpc(addresses.grpc)
    const { stream, status: end } = client.open(DIALECTS, as('service other'))
    stream.end(frame(new Uint8Array()))
    expect((await end).code).toBe(status.OK)
  })
})

describe('calls whose caller has left', () => {
  const [mount] = gateways[0]?.mounts ?? []
  const [route] = gateways[0]?.routes.filter(({ method, open }) => method === 'GET' && !open) ?? []

  test.each([
    `${mount}${route?.path}`,
    '/events?title_id=none',
    '/laurel.v1.ExchangeService/ListDialects?encoding=json&message=%7B%7D&connect=v1',
  ])('by HTTP hold no turn, and are not open (%s)', async (path) => {
    const [host, port] = addresses.http.split(':')
    for (let count = 0; count < 1100; count += 1) {
      const socket = connect(Number(port), host)
      socket.write(`GET ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer service gone\r\n\r\n`)
      if (count % 100 === 0) await once(socket, 'connect')
      setTimeout(() => socket.destroy(), 20)
    }
    await sleep(500)
    for (const name of ['gone', 'other']) {
      const response = await fetch(`http://${addresses.http}${path}`, { headers: as(`service ${name}`) })
      expect(response.status).not.toBe(429)
      await response.body?.cancel()
    }
  })

  test('by gRPC hold no turn', async () => {
    for (let count = 0; count < 6; count += 1) {
      using client = new RawGrpc(addresses.grpc)
      const calls = Array.from({ length: 100 }, () =>
        client.open(DIALECTS, { ...as('service gone'), 'grpc-timeout': '1m' }),
      )
      for (const { stream } of calls) stream.write(frame(new Uint8Array()))
      await Promise.all(calls.map(({ status }) => status.catch(() => {})))
      for (const { stream } of calls) stream.end()
      await sleep(50)
    }
    using client = new RawGrpc(addresses.grpc)
    const { stream, status: end } = client.open(DIALECTS, as('service other'))
    stream.end(frame(new Uint8Array()))
    expect((await end).code).toBe(status.OK)
  })
})
