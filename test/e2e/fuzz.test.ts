import '../support/toy-listed.ts'
import { rmSync } from 'node:fs'
import { Client, credentials, Metadata, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runs } from '../conformance/fuzz-factor.ts'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { ROUTE_ACHIEVEMENTS, ROUTE_STATS } from '../support/dialect-fixtures.ts'
import { randomMessage, registry } from '../support/fuzz/messages.ts'
import { Random } from '../support/fuzz/random.ts'
import { randomRequest } from '../support/fuzz/requests.ts'
import { createRouteFixture } from '../support/route-fixture.ts'
import { accountsOf, bindingsOf, MOUNTED, PLAYERS, targetOf, titleIdOf, WHICH } from '../support/routes.ts'
import { RPC_REQUESTS, RPCS } from '../support/rpc-requests.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

/*
 * Any message gets a status that tells the caller what to change. INTERNAL, UNKNOWN, UNAVAILABLE and a 500 are defects.
 * TEST_FUZZ_FACTOR=500 sends 1,000,000 messages over gRPC and 300,000 over HTTP.
 */
const MESSAGES = runs(2000).numRuns
const REQUESTS = runs(600).numRuns
const CONCURRENCY = 32
/** So many that the rate limits of a platform refuse few requests. */
const MORE_CALLERS = 500
const SEED = Number(process.env['TEST_SEED'] ?? 1)
/** Watches and streams without an end are cancelled. */
const STREAM_MILLISECONDS = 50

let database: TestDatabase
let server: ServerProcess
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: readonly string[]

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth(
    MOUNTED.map((mounted) => titleIdOf(mounted, 'own')),
    MORE_CALLERS,
  )
  server = await startServerProcess({
    databaseUrl: database.url,
    env: { ...auth.env, LAUREL_RELAY: 'off' },
    withToy: true,
  })
  await createRouteFixture(server.address, auth.operator)
  tokens = [auth.operator, auth.operator, auth.service]
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

const TITLES = MOUNTED.flatMap((mounted) => WHICH.map((title) => titleIdOf(mounted, title)))
/** Texts that name records of the fixture. */
const KNOWN = [
  ...TITLES,
  ...MOUNTED.flatMap((mounted) =>
    Object.entries(bindingsOf(mounted, 'own')).flatMap(([dialect, ids]) => [dialect, ...Object.values(ids)]),
  ),
  ...PLAYERS.flatMap((player) => [player, ...Object.values(accountsOf(player))]),
  ...ROUTE_ACHIEVEMENTS,
  ...ROUTE_STATS,
  '1',
  '2',
  'en',
  'de',
  'id-1',
  'webhook',
  'env:LAUREL_CREDENTIAL_X',
  'https://hooks.example/',
]
/** Deleted and merged players and titles are others, or nothing would be left to call about. */
const DOOMED = Array.from({ length: 50 }, (_, number) => `doomed-${number}`)

/** Runs work for each number, some at a time. */
async function each(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 0
  const run = async () => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, run))
}

/** Sends messages in one call. Returns its status code and text. */
function call(
  client: Client,
  path: string,
  kind: { readonly requestStream: boolean; readonly responseStream: boolean },
  messages: readonly Uint8Array[],
  token: string,
): Promise<{ readonly code: status; readonly details: string }> {
  const identity = (bytes: Uint8Array) => Buffer.from(bytes)
  const metadata = new Metadata()
  metadata.set('authorization', `Bearer ${token}`)
  const [first = new Uint8Array()] = messages
  return new Promise((resolve) => {
    if (!kind.requestStream && !kind.responseStream) {
      client.makeUnaryRequest(path, identity, identity, first, metadata, () => {}).on('status', resolve)
      return
    }
    const open = () => {
      if (!kind.requestStream)
        return client.makeServerStreamRequest(path, identity, identity, first, metadata)
      const stream = client.makeBidiStreamRequest(path, identity, identity, metadata)
      for (const message of messages) stream.write(message)
      stream.end()
      return stream
    }
    const stream = open()
    const timer = setTimeout(() => stream.cancel(), path.includes('/Watch') ? STREAM_MILLISECONDS : 60_000)
    stream.on('error', () => {}).on('data', () => {})
    stream.on('status', (end) => {
      clearTimeout(timer)
      resolve(end)
    })
  })
}

test('any message over gRPC gets a status that a caller can act on', async () => {
  const client = new Client(server.address, credentials.createInsecure())
  const methods = [...RPCS].map(([key, { definition, complete }]) => {
    const { path } = definition
    const [, service = '', name] = path.split('/')
    const found = registry.getService(service)?.methods.find((method) => method.name === name)
    if (found === undefined) throw new Error(`${path} is in no descriptor`)
    const validFor = (target: { title: string; player: string }) =>
      definition.requestSerialize(complete(RPC_REQUESTS[key]?.(target) ?? {}))
    return { definition, type: found.input, validFor }
  })
  const counts = new Map<string, number>()
  await each(MESSAGES, async (number) => {
    const random = new Random(SEED * 2 ** 20 + number)
    const { definition, type, validFor } = random.pick(methods)
    const isDoomed = /\/(Delete|Merge)/.test(definition.path)
    const known = isDoomed ? DOOMED : KNOWN
    const [title, player] = [
      random.pick(isDoomed ? DOOMED : TITLES),
      random.pick(isDoomed ? DOOMED : PLAYERS),
    ]
    const valid = validFor({ title, player })
    const count = definition.requestStream ? 1 + random.below(4) : 1
    const messages = Array.from({ length: count }, () => randomMessage(random, type, valid, known))
    const { code, details } = await call(client, definition.path, definition, messages, random.pick(tokens))
    counts.set(status[code], (counts.get(status[code]) ?? 0) + 1)
    const sent = messages.map((message) => Buffer.from(message).toString('hex')).join(' ')
    const isExpected = ![status.INTERNAL, status.UNKNOWN, status.DATA_LOSS, status.UNAVAILABLE].includes(code)
    expect(isExpected, `${definition.path} ${status[code]} ${details}, message ${number}: ${sent}`).toBe(true)
  })
  client.close()
  process.stdout.write(`${MESSAGES} gRPC messages: ${JSON.stringify(Object.fromEntries(counts))}\n`)
  expect(server.output()).not.toContain('a call failed')
  expect(counts.get('OK')).toBeGreaterThan(MESSAGES / 100)
})

test('any request over HTTP gets a status that a caller can act on', async () => {
  const counts = new Map<number, number>()
  await each(REQUESTS, async (number) => {
    const random = new Random(SEED * 2 ** 20 + number)
    const mounted = random.pick(MOUNTED)
    const target = targetOf(mounted, random.pick(WHICH), random.pick(PLAYERS))
    const { method, path, headers, body } = randomRequest(random, mounted, target, KNOWN)
    const caller = random.pick(['operator', 'service'] as const)
    const authorization = mounted.fixtures.authorization(random.pick(auth.callers)[caller], caller)
    const hasBody = body !== undefined && method !== 'GET'
    const response = await fetch(`${server.url}${path}`, {
      method,
      headers: { ...headers, authorization },
      ...(hasBody && { body: body as Uint8Array<ArrayBuffer> | FormData }),
    })
    const text = await response.text()
    counts.set(response.status, (counts.get(response.status) ?? 0) + 1)
    expect(response.status, `${method} ${path}, request ${number}: ${body} ${text}`).not.toBe(500)
  })
  process.stdout.write(`${REQUESTS} HTTP requests: ${JSON.stringify(Object.fromEntries(counts))}\n`)
  expect(server.output()).not.toContain('a call failed')
  expect(counts.get(200)).toBeGreaterThan(REQUESTS / 100)
})
