import { once } from 'node:events'
import { connect } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGrpcServer } from '../src/grpc/server.ts'
import { ANONYMOUS, EVERYTHING } from '../src/model/principal.ts'
import type { Authenticate } from '../src/service/call.ts'
import { openOperations } from '../src/service/operations.ts'
import { openStore } from '../src/store/store.ts'
import { frame, RawGrpc } from './support/raw-grpc.ts'
import { RPCS } from './support/rpc-requests.ts'
import { servicesOn, testWire } from './support/services.ts'

const KEY = { authorization: 'Bearer key' }
const GZIP = { 'grpc-encoding': 'gzip' }
const OPERATOR = { kind: 'operator', name: 'key', permissions: EVERYTHING } as const
const LIST_PROGRESS = '/laurel.v1.ProgressService/ListProgress'
const STREAM_PROGRESS = '/laurel.v1.ProgressService/StreamProgress'
const REFLECTION = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo'

let authenticated = 0
const authenticate: Authenticate = async (authorization) => {
  authenticated += 1
  return authorization === KEY.authorization ? OPERATOR : ANONYMOUS
}
const store = openStore({ connectionString: 'postgres://127.0.0.1:1/none', poolSize: 1, onError: () => {} })
const server = createGrpcServer(openOperations(servicesOn(store)), { ...testWire, authenticate })
let address: string

beforeAll(async () => {
  address = await server.listen('127.0.0.1:0')
})
afterAll(async () => {
  await server.stop()
  await store.close()
})

/** A ListProgressRequest with so many states, as a packed list: 4 million of them compress to 4 KB. */
function statesMessage(count: number): Buffer {
  const length: number[] = []
  for (let rest = count; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest)
    if (rest <= 0x7f) break
  }
  return Buffer.concat([Buffer.from([(6 << 3) | 2, ...length]), Buffer.alloc(count)])
}

/** Milliseconds of CPU that the process, which is the server too, used meanwhile. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

const bomb = frame(gzipSync(statesMessage(4_150_000)), true)

describe('a compressed message', () => {
  test.each([...RPCS.values()].map(({ definition }) => definition.path))(
    'is not looked at where there is no credential (%s)',
    async (path) => {
      using client = new RawGrpc(address)
      const cpu = await cpuOf(async () => {
        for (let count = 0; count < 5; count += 1) {
          const call = client.open(path, GZIP)
          call.stream.end(bomb)
          expect(await call.status).toMatchObject({ code: status.UNAUTHENTICATED })
        }
      })
      expect(cpu).toBeLessThan(1000)
    },
  )

  test('with millions of elements is rejected before they are decoded', async () => {
    using client = new RawGrpc(address)
    const cpu = await cpuOf(async () => {
      const call = client.open(LIST_PROGRESS, { ...GZIP, ...KEY })
      call.stream.end(bomb)
      const { code, message } = await call.status
      expect(code).toBe(status.INVALID_ARGUMENT)
      expect(message).toMatch(/^states must be at most 64/)
    })
    expect(cpu).toBeLessThan(1000)
  })

  test('is decompressed up to the message limit only', async () => {
    const large = frame(gzipSync(Buffer.alloc(2 ** 30)), true)
    using client = new RawGrpc(address)
    const cpu = await cpuOf(async () => {
      const call = client.open(LIST_PROGRESS, { ...GZIP, ...KEY })
      call.stream.end(large)
      expect(await call.status).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
    })
    expect(cpu).toBeLessThan(1000)
  })

  test('that is not valid is the fault of the caller', async () => {
    using client = new RawGrpc(address)
    const codes: number[] = []
    for (const path of [LIST_PROGRESS, STREAM_PROGRESS])
      for (const bytes of [Buffer.alloc(20, 'x'), gzipSync('text').subarray(0, -5)]) {
        const call = client.open(path, { ...GZIP, ...KEY })
        call.stream.end(frame(bytes, true))
        codes.push((await call.status).code)
      }
    expect(codes).toEqual(Array(4).fill(status.INVALID_ARGUMENT))
  })

  test.each([LIST_PROGRESS, STREAM_PROGRESS])('counts with its size (%s)', async (path) => {
    const other = testWire.limiter.open(OPERATOR, 'unary')
    other.reserve(14 * 2 ** 20)
    using client = new RawGrpc(address)
    const call = client.open(path, { ...GZIP, ...KEY })
    call.stream.end(bomb)
    expect(await call.status).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message: expect.stringMatching(/^the requests of the caller's open calls/),
    })
    other.close()
  })

  test.each(['/grpc.health.v1.Health/Check', '/grpc.health.v1.Health/Watch', REFLECTION])(
    'to health or reflection holds little (%s)',
    async (path) => {
      using client = new RawGrpc(address)
      const send = async (message: Buffer, headers: Record<string, string>) => {
        const call = client.open(path, { ...KEY, ...headers })
        call.stream.end(message)
        return call.status
      }
      const field = Buffer.concat([Buffer.from([0x0a, 0x80, 0x40]), Buffer.alloc(8192, 'x')])
      for (const sent of [send(frame(gzipSync(field), true), GZIP), send(frame(field), {})]) {
        expect(await sent).toMatchObject({ code: status.RESOURCE_EXHAUSTED })
      }
    },
  )
})

test.each(['00ff', '0b'.repeat(5000), '0aff', 'ffffffffffffffffffffff'])(
  'bytes that are not a valid protobuf message are answered with INVALID_ARGUMENT (%.20s)',
  async (hex) => {
    using client = new RawGrpc(address)
    for (const message of [hex, hex.padEnd(10_000, '0')]) {
      const call = client.open(LIST_PROGRESS, KEY)
      call.stream.end(frame(Buffer.from(message, 'hex')))
      expect(await call.status).toMatchObject({ code: status.INVALID_ARGUMENT })
    }
  },
)

test('a call is authenticated once', async () => {
  using client = new RawGrpc(address)
  const before = authenticated
  const call = client.open(LIST_PROGRESS, KEY)
  call.stream.end(frame(statesMessage(1)))
  expect(await call.status).toMatchObject({ code: status.INVALID_ARGUMENT })
  expect(authenticated - before).toBe(1)
})

test('a stream of requests without a credential is rejected when it opens', async () => {
  using client = new RawGrpc(address)
  const call = client.open('/laurel.v1.ProgressService/StreamProgress')
  expect(await call.status).toMatchObject({ code: status.UNAUTHENTICATED })
})

test('reflection sends a slow reader no more than the connection buffers', async () => {
  using client = new RawGrpc(address)
  const { stream } = client.open(REFLECTION, KEY)
  stream.pause()
  const symbol = 'laurel.v1.AchievementService'
  const request = Buffer.concat([Buffer.from([0x22, symbol.length]), Buffer.from(symbol)])
  const block = Buffer.concat(Array.from({ length: 1000 }, () => frame(request)))
  const most = 500
  let sent = 0
  void (async () => {
    for (; sent < most && !stream.destroyed; sent += 1) if (!stream.write(block)) await once(stream, 'drain')
  })().catch(() => {})
  // Until nothing moves any more: buffers on both sides are full.
  for (let before = -1; before !== sent; await sleep(300)) before = sent
  expect(sent).toBeLessThan(most / 2)
  stream.destroy()
})

test.each(['99999999H', '600000H', '35791M', '86400000S', 'nonsense', '-1S', '1'])(
  'a deadline of %s ends no call at once',
  async (timeout) => {
    using client = new RawGrpc(address)
    const call = client.open('/grpc.health.v1.Health/Check', { 'grpc-timeout': timeout })
    call.stream.end(frame(new Uint8Array()))
    expect(await call.status).toMatchObject({ code: status.OK })
  },
)

test('a connection may send 4 MiB, and a stream 1 MiB, before the server has read them', async () => {
  const session = connect(`http://${address}`)
  const stream = session.request({
    ':method': 'POST',
    ':path': LIST_PROGRESS,
    'content-type': 'application/grpc',
  })
  stream
    .on('error', () => {})
    .resume()
    .end()
  await once(stream, 'close')
  expect(session.remoteSettings.initialWindowSize).toBe(2 ** 20)
  expect(session.state.remoteWindowSize).toBeGreaterThan(3 * 2 ** 20)
  session.destroy()
})
