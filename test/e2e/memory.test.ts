import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ListAchievementsRequest } from '../../src/gen/laurel/v1/achievement_service.ts'
import {
  ImportAchievementsRequest,
  ImportProgressRequest,
  TranslateRequest,
} from '../../src/gen/laurel/v1/exchange_service.ts'
import { LIMITS } from '../../src/model/limits.ts'
import { gateways } from '../../src/registry.ts'
import { definitionToJson } from '../../src/store/achievements/definition.ts'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { CODED, UNCODED } from '../support/documents.ts'
import { frame, RawGrpc } from '../support/raw-grpc.ts'
import { achievementOf } from '../support/records.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

const MEBIBYTE = 2 ** 20
/** The memory of an attack: at most the requests of one caller, 17 MiB, and its documents in memory, 2 MiB. */
const MAX_BYTES = 20e6
/** While bytes are on the way, documents are written to files, and refused requests are discarded. */
const MAX_BYTES_MEANWHILE = 40e6
/** Memory is steady if so many measurements differ by less. */
const MEASUREMENTS = 4
const STEADY_BYTES = 500e3
const TITLE = 'large'

let auth: Awaited<ReturnType<typeof createAuth>>
let database: TestDatabase
let server: ServerProcess
beforeAll(async () => {
  auth = await createAuth([TITLE])
  database = await createTestDatabase()
  const flags = '--expose-gc --import ./test/support/report-memory.ts'
  server = await startServerProcess({ databaseUrl: database.url, env: { ...auth.env, NODE_OPTIONS: flags } })
  await createLargeTitle()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const extensions = { none: { text: 'x'.repeat(LIMITS.extensionBytes - 100) } }

/** Creates definitions of a megabyte each. */
async function createLargeTitle(): Promise<void> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  await client.query(
    `insert into titles (id, display_name, default_locale, extensions, create_time, update_time)
     values ($1, '', 'en', '{}', 0, 0)`,
    [TITLE],
  )
  await client.query(
    `insert into achievements (title_id, id, list_order, hidden, tags, stat_codes, score, definition, create_time, update_time)
     select $1, 'a' || n, n, false, '{}', '{}', 0, $2, 0, 0 from generate_series(1, 40) as n`,
    [TITLE, JSON.stringify(definitionToJson(achievementOf({ extensions })))],
  )
  await client.end()
}

/** Returns the bytes that the server has in use, without garbage. */
async function memoryInUse(): Promise<number> {
  const find = () => server.output().match(/memory in use: \d+\n/g) ?? []
  const before = find().length
  server.process.kill('SIGUSR2')
  await expect.poll(() => find().length).toBeGreaterThan(before)
  return Number(find().at(-1)?.match(/\d+/)?.[0])
}

/** Returns the bytes that are in use once they are steady, and the most until then: bytes on the way arrive, others are freed. */
async function steadyMemory(): Promise<{ readonly steady: number; readonly most: number }> {
  const recent: number[] = []
  let most = 0
  do {
    await sleep(100)
    recent.push(await memoryInUse())
    most = Math.max(most, ...recent)
    if (recent.length > MEASUREMENTS) recent.shift()
  } while (recent.length < MEASUREMENTS || Math.max(...recent) - Math.min(...recent) > STEADY_BYTES)
  return { steady: Math.max(...recent), most }
}

/** An attack. It adds to `opened` the connections that stay open while the memory is measured. */
type Attack = (opened: DisposableStack) => Promise<void>

const WHOLE = 4 * MEBIBYTE
const LIST = '/laurel.v1.AchievementService/ListAchievements'
const EXCHANGE = '/laurel.v1.ExchangeService'
const as = (credential: string) => ({ authorization: `Bearer ${credential}` })

/** Sends the head of a request with a body, and a part of the body, as far as the server takes it. */
async function post(
  opened: DisposableStack,
  credential: string,
  head: string,
  part: Uint8Array,
): Promise<Socket> {
  const [route] = gateways.flatMap(({ mounts, routes }) =>
    routes.filter(({ method }) => method === 'POST').map(({ path }) => `${mounts[0]}${path}`),
  )
  const { hostname, port } = new URL(server.url)
  const socket = opened.adopt(connect(Number(port), hostname), (open) => open.destroy())
  socket.on('error', () => {}).resume()
  await once(socket, 'connect')
  socket.write(`POST ${route} HTTP/1.1\r\nhost: localhost\r\nauthorization: ${credential}\r\n${head}\r\n\r\n`)
  socket.write(part)
  return socket
}

/** Opens calls by gRPC, and sends each some bytes. */
function open(
  opened: DisposableStack,
  count: number,
  path: string,
  bytes: Uint8Array,
  headers = {},
  settings = {},
) {
  const client = opened.use(new RawGrpc(server.address, settings))
  return Array.from({ length: count }, () => {
    const call = client.open(path, { ...as(auth.service), ...headers })
    call.stream.write(bytes)
    return call
  })
}

const names = { dialect: CODED, titleId: TITLE }
const firstMessages: Readonly<Record<string, Uint8Array>> = {
  [`${EXCHANGE}/Translate`]: TranslateRequest.encode(
    TranslateRequest.fromPartial({ from: CODED, to: UNCODED }),
  ).finish(),
  [`${EXCHANGE}/ImportAchievements`]: ImportAchievementsRequest.encode(
    ImportAchievementsRequest.fromPartial(names),
  ).finish(),
  ['/laurel.v1.ProgressService/StreamProgress']: new Uint8Array(),
  [`${EXCHANGE}/ImportProgress`]: ImportProgressRequest.encode(
    ImportProgressRequest.fromPartial(names),
  ).finish(),
}
const listRequest = frame(
  ListAchievementsRequest.encode(
    ListAchievementsRequest.fromPartial({ titleId: TITLE, pageSize: 1000 }),
  ).finish(),
)

const attacks: Readonly<Record<string, Attack>> = {
  '40 bodies without a credential': async (opened) => {
    for (let count = 0; count < 40; count += 1)
      await post(opened, 'none', `content-length: ${WHOLE}`, Buffer.alloc(WHOLE - 1))
  },
  '40 bodies that do not end': async (opened) => {
    for (let count = 0; count < 40; count += 1)
      await post(opened, `Bearer ${auth.service}`, `content-length: ${WHOLE}`, Buffer.alloc(WHOLE - 1))
  },
  'bodies in chunks of one byte': async (opened) => {
    const chunks = Buffer.from('1\r\nx\r\n'.repeat(50_000))
    for (let count = 0; count < 4; count += 1)
      await post(opened, `Bearer ${auth.service}`, 'transfer-encoding: chunked', chunks)
  },
  'forms that do not end': async (opened) => {
    const head = 'content-type: multipart/form-data; boundary=x\r\ntransfer-encoding: chunked'
    const part = Buffer.from(`--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n${'a'.repeat(60_000)}`)
    const chunk = Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part])
    for (let count = 0; count < 200; count += 1) await post(opened, `Bearer ${auth.service}`, head, chunk)
  },
  '40 messages that do not end': async (opened) => {
    open(opened, 40, LIST, frame(Buffer.alloc(WHOLE)).subarray(0, -1))
  },
  '60 compressed messages': async (opened) => {
    const message = frame(gzipSync(Buffer.alloc(WHOLE)), true)
    const calls = open(opened, 60, LIST, message, { 'grpc-encoding': 'gzip' })
    for (const { stream } of calls) stream.end()
    await Promise.all(calls.map(({ status }) => status.catch(() => {})))
  },
  'documents that do not end': async (opened) => {
    const chunk = frame(
      TranslateRequest.encode({
        ...TranslateRequest.create(),
        content: Buffer.alloc(MEBIBYTE, ' '),
      }).finish(),
    )
    for (const { stream } of open(
      opened,
      8,
      `${EXCHANGE}/Translate`,
      frame(firstMessages[`${EXCHANGE}/Translate`] as Uint8Array),
    ))
      for (let sent = 0; sent < 7; sent += 1) stream.write(chunk)
  },
  'pages that a player does not read': async (opened) => {
    const player = as(await auth.player('ann'))
    for (const { stream } of open(opened, 30, LIST, listRequest, player, { initialWindowSize: 0 }))
      stream.end()
  },
  ...Object.fromEntries(
    Object.entries(firstMessages).map(([path, first]): [string, Attack] => [
      `empty messages to ${path}`,
      async (opened) => {
        const [call] = open(opened, 1, path, frame(first))
        let isOver = false
        const over = call?.status.finally(() => {
          isOver = true
        })
        for (let sent = 0; sent < 200_000 && !isOver; sent += 1000)
          if (!call?.stream.write(Buffer.alloc(5000)))
            await Promise.race([call && once(call.stream, 'drain'), over])
      },
    ]),
  ),
}

test.each(Object.entries(attacks))('%s take little memory, and other calls are served', async (_, attack) => {
  const { steady: before } = await steadyMemory()
  using opened = new DisposableStack()
  await attack(opened)
  const { most } = await steadyMemory()
  expect(most - before).toBeLessThan(MAX_BYTES_MEANWHILE)
  await expect.poll(async () => (await memoryInUse()) - before).toBeLessThan(MAX_BYTES)
  const { stream, status } = open(opened, 1, LIST, listRequest, as(auth.operator))[0] as ReturnType<
    RawGrpc['open']
  >
  stream.end()
  expect((await status).code).toBe(0)
})
