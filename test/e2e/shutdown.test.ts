import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect as connectHttp2, type Http2Session } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, test } from 'vitest'
import { WatchProgressRequest } from '../../src/gen/laurel/v1/event_service.ts'
import { ImportAchievementsRequest } from '../../src/gen/laurel/v1/exchange_service.ts'
import { StreamProgressRequest, StreamProgressResponse } from '../../src/gen/laurel/v1/progress_service.ts'
import { gateways } from '../../src/registry.ts'
import { issue, writeFiles } from '../support/certificates.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { CODED } from '../support/documents.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { frame, RawGrpc } from '../support/raw-grpc.ts'
import { startServerProcess } from '../support/server.ts'

let database: TestDatabase
/** Resolves once the title of both servers exists. */
let created: Promise<void> | undefined
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

/** Streams that are open when the server stops, and what each has sent by then. */
const STREAMS: Readonly<
  Record<string, { readonly path: string; readonly sent: Uint8Array; readonly ends: boolean }>
> = {
  health: { path: '/grpc.health.v1.Health/Watch', sent: new Uint8Array(), ends: true },
  reflection: {
    path: '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    // list_services
    sent: Uint8Array.of(0x3a, 1, 0x2a),
    ends: false,
  },
  watch: {
    path: '/laurel.v1.EventService/WatchProgress',
    sent: WatchProgressRequest.encode(WatchProgressRequest.fromPartial({ titleId: TITLE_ID })).finish(),
    ends: true,
  },
  progress: {
    path: '/laurel.v1.ProgressService/StreamProgress',
    sent: StreamProgressRequest.encode(
      StreamProgressRequest.fromPartial({
        items: [
          {
            titleId: TITLE_ID,
            playerId: 'ann',
            achievementId: 'first',
            report: { $case: 'unlock', value: true },
          },
        ],
      }),
    ).finish(),
    ends: false,
  },
  import: {
    path: '/laurel.v1.ExchangeService/ImportAchievements',
    sent: ImportAchievementsRequest.encode(
      ImportAchievementsRequest.fromPartial({
        dialect: CODED,
        titleId: TITLE_ID,
        content: Buffer.from('['),
      }),
    ).finish(),
    ends: false,
  },
}

/** A connection that is open on its own side whatever the server does. */
async function openSocket(address: string, text = ''): Promise<Socket> {
  const [, host = '', port] = /^(.*):(\d+)$/.exec(address) ?? []
  const socket = connect({ host, port: Number(port), allowHalfOpen: true })
  socket.on('error', () => {})
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

// Each server waits for its connections as long as it may: the tests wait together.
test.concurrent.for(['1', '2'])(
  'a server with all kinds of connections open ends (LAUREL_WORKERS=%s)',
  async (workers, { expect }) => {
    await using server = await startServerProcess({
      databaseUrl: database.url,
      env: { LAUREL_WORKERS: workers },
    })
    created ??= createFixture(server.address, { first: undefined })
    await created
    const http = new URL(server.url).host
    const sockets: Socket[] = [
      await openSocket(server.address),
      // The preface of HTTP/2, with its settings.
      await openSocket(server.address, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0'),
      await openSocket(http),
      await openSocket(http, 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n'),
      await openSocket(
        http,
        `PUT ${gateways[0]?.mounts[0]}/none HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\nslow`,
      ),
      await openSocket(http, `GET /events?title_id=${TITLE_ID} HTTP/1.1\r\nhost: localhost\r\n\r\n`),
    ]
    using client = new RawGrpc(server.address)
    const calls = Object.entries(STREAMS).map(([name, { path, sent, ends }]) => {
      const call = client.open(path)
      const received: Buffer[] = []
      call.stream.on('data', (chunk: Buffer) => received.push(chunk))
      call.stream.write(frame(sent))
      if (ends) call.stream.end()
      return { name, received, ...call }
    })
    const unread = unreadCall(server.address)
    const progress = calls.find(({ name }) => name === 'progress')
    await expect.poll(() => progress?.received.length).toBe(1)
    await expect.poll(() => calls.find(({ name }) => name === 'health')?.received.length).toBe(1)

    expect(await server.kill('SIGTERM')).toBe(0)

    const ended = await Promise.all(calls.map(async ({ name, status: end }) => [name, await end] as const))
    for (const [name, { code, message }] of ended) {
      expect([name, code, message]).toEqual([
        name,
        status.UNAVAILABLE,
        expect.stringContaining('the server is stopping'),
      ])
    }
    const [response] = progress?.received ?? []
    const { results } = StreamProgressResponse.decode(new Uint8Array(response?.subarray(5) ?? []))
    expect(results[0]?.outcome?.$case).toBe('result')
    for (const socket of sockets) socket.destroy()
    unread.destroy()
  },
)

/** Asks for more than a connection holds, and reads nothing of it. */
function unreadCall(address: string): Http2Session {
  const session = connectHttp2(`http://${address}`)
  session.on('error', () => {})
  const stream = session.request({
    ':method': 'POST',
    ':path': STREAMS['reflection']?.path,
    'content-type': 'application/grpc',
  })
  stream.on('error', () => {})
  stream.pause()
  const symbol = Buffer.from('laurel.v1.AchievementService')
  const request = frame(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]))
  for (let count = 0; count < 200; count += 1) stream.write(request)
  return session
}

test.concurrent('a server serves on during the shutdown delay, and reports that it is not ready', async ({
  expect,
}) => {
  await using server = await startServerProcess({
    databaseUrl: database.url,
    env: { LAUREL_SHUTDOWN_DELAY_SECONDS: '5' },
  })
  using client = new RawGrpc(server.address)
  const stopped = server.kill('SIGTERM')
  const readiness = async () => {
    const response = await fetch(`${server.url}/readyz`)
    return { code: response.status, ...((await response.json()) as object) }
  }
  await expect.poll(readiness).toMatchObject({ code: 503, status: 'not ready', stopping: true })
  const health = client.open('/grpc.health.v1.Health/Check')
  const received: Buffer[] = []
  health.stream.on('data', (chunk: Buffer) => received.push(chunk))
  health.stream.end(frame(new Uint8Array()))
  expect((await health.status).code).toBe(status.OK)
  // NOT_SERVING
  expect(Buffer.concat(received).subarray(5)).toEqual(Buffer.from([8, 2]))
  expect(await stopped).toBe(0)
})

test.concurrent('a server that speaks TLS ends with handshakes that never finish', async ({ expect }) => {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-shutdown-'))
  const env = writeFiles(folder, await issue('localhost'))
  await using server = await startServerProcess({ databaseUrl: database.url, env })
  const sockets = [await openSocket(server.address), await openSocket(new URL(server.url).host)]
  expect(await server.kill('SIGTERM')).toBe(0)
  for (const socket of sockets) socket.destroy()
  rmSync(folder, { recursive: true })
})
