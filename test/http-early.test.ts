import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectPlugin } from '../src/grpc/connect/plugin.ts'
import { openRpcs } from '../src/grpc/services.ts'
import { createHttpServer } from '../src/http/server.ts'
import { ANONYMOUS } from '../src/model/principal.ts'
import { gateways } from '../src/registry.ts'
import { READY, testWire } from './support/services.ts'

const wire = { ...testWire, authenticate: async () => ANONYMOUS }
const rpcs = openRpcs({} as never)
const server = createHttpServer(
  gateways,
  {
    ...wire,
    operations: {} as never,
    strict: new Set(),
    checked: true,
    readiness: READY,
    metrics: undefined,
  },
  undefined,
  { plugins: [connectPlugin(rpcs, wire)] },
)
let address: string
beforeAll(async () => {
  address = await server.listen('127.0.0.1:0')
})
afterAll(() => server.stop())

const HEADS = {
  length: 'content-length: 16777216',
  chunks: 'transfer-encoding: chunked',
  form: 'content-length: 16777216\r\ncontent-type: multipart/form-data; boundary=x',
}

/** Sends the head of a request and the first bytes of its body. Returns the status once the connection is closed. */
async function statusOf(method: string, path: string, head: string): Promise<number> {
  const [host, port] = address.split(':')
  const socket = connect(Number(port), host)
  let response = ''
  socket.on('data', (chunk) => {
    response += chunk
  })
  socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n5\r\nslow`)
  await once(socket, 'close')
  return Number(/^HTTP\/1\.1 (\d+)/.exec(response)?.[1])
}

const routes = gateways.flatMap(({ mounts, routes }) =>
  mounts.flatMap((mount) =>
    routes.filter(({ open }) => !open).map(({ method, path }) => [method, mount + path] as const),
  ),
)

describe.each(Object.entries(HEADS))('a request without a credential, with a body by %s', (_, head) => {
  test('is refused by every route before its body has arrived', async () => {
    expect(routes.length).toBeGreaterThan(50)
    const found = routes.map(async ([method, path]) => [method, path, await statusOf(method, path, head)])
    expect(await Promise.all(found)).toEqual(routes.map(([method, path]) => [method, path, 401]))
  })

  test('is refused by every RPC before its body has arrived', async () => {
    const unary = rpcs.filter(({ handler }) => handler.kind === 'unary').map(({ method }) => method.path)
    expect(unary.length).toBeGreaterThan(50)
    const json = `${head.replace(/\r\ncontent-type.*/, '')}\r\ncontent-type: application/json`
    const uploads = ['ImportAchievements', 'ImportProgress', 'Translate'].map(
      (name) => `/upload/laurel.v1.ExchangeService/${name}`,
    )
    const found = [...unary, ...uploads].map(async (path) => [path, await statusOf('POST', path, json)])
    expect(await Promise.all(found)).toEqual([...unary, ...uploads].map((path) => [path, 401]))
  })

  test('is refused by other paths and methods before its body has arrived', async () => {
    const [mount] = gateways[0]?.mounts ?? []
    const others: [method: string, path: string, status: number][] = [
      ['POST', '/none', 404],
      ['PUT', `${mount}/none`, 404],
      ['POST', '/healthz', 404],
      ['POST', '/metrics', 404],
      ['POST', '/events', 405],
    ]
    const found = others.map(async ([method, path]) => [method, path, await statusOf(method, path, head)])
    expect(await Promise.all(found)).toEqual(others)
  })
})

/** The server waits so long for the rest of a body, and a little longer. */
const LINGER_MILLISECONDS = 2_300

/** Sends a request with a body that the server does not read, and long after its response another one. Returns both statuses. */
async function twoOnOneConnection(method: string, path: string): Promise<readonly string[]> {
  const [host, port] = address.split(':')
  const socket = connect(Number(port), host)
  const closed = once(socket, 'close')
  let received = ''
  socket.on('data', (chunk) => {
    received += chunk
  })
  const body = 'x'.repeat(20_000)
  socket.write(
    `${method} ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  await once(socket, 'data')
  await sleep(LINGER_MILLISECONDS)
  socket.end('GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  await closed
  return [...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status)
}

test('a connection serves another request long after it was refused one', async () => {
  const found = routes.map(async ([method, path]) => [method, path, await twoOnOneConnection(method, path)])
  expect(await Promise.all(found)).toEqual(routes.map(([method, path]) => [method, path, ['401', '200']]))
})
