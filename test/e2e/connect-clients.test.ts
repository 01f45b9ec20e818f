import { execFile } from 'node:child_process'
import { connect as connectSocket } from 'node:net'
import { promisify } from 'node:util'
import { create, type DescMethodStreaming, type DescMethodUnary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { descriptorRegistry } from '../../src/grpc/descriptors.ts'
import { connectMethod } from '../support/connect-call.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type Headers, postJson } from '../support/post-json.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const ORIGIN = 'https://console.example'
const GET_TITLE = '/laurel.v1.TitleService/GetTitle'
const CREATE_TITLE = '/laurel.v1.TitleService/CreateTitle'
const RECORD = '/laurel.v1.ProgressService/RecordProgress'
const WATCH = '/laurel.v1.EventService/WatchProgress'

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  const env = { LAUREL_ALLOWED_ORIGINS: ORIGIN }
  server = await startServer({ databaseUrl: database.url, env })
  const title = { titleId: 'space-race', displayName: 'Space Race', defaultLocale: 'en' }
  expect((await post(CREATE_TITLE, { title })).status).toBe(200)
  const text = { locale: 'en', text: 'x' }
  const achievement = { titleId: 'space-race', achievementId: 'first', name: text, description: text }
  expect((await post('/laurel.v1.AchievementService/CreateAchievement', { achievement })).status).toBe(200)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const post = (path: string, message: object | string, headers?: Headers) =>
  postJson(server.url + path, message, headers)

describe('the client connect-web', () => {
  const transportOf = (useBinaryFormat: boolean, useHttpGet = false) =>
    createConnectTransport({ baseUrl: server.url, useBinaryFormat, useHttpGet })
  const unary = (path: string, message: object, transport = transportOf(true)) =>
    transport.unary(connectMethod(path) as DescMethodUnary, undefined, undefined, undefined, message as never)

  test.each([
    ['JSON', false, false],
    ['JSON by GET', false, true],
    ['binary', true, false],
    ['binary by GET', true, true],
  ])('calls in %s', async (_, isBinary, isGet) => {
    const { message } = await unary(GET_TITLE, { titleId: 'space-race' }, transportOf(isBinary, isGet))
    expect(message).toMatchObject({ title: { displayName: 'Space Race' } })
  })

  test('decodes the details of an error', async () => {
    const error = await unary(GET_TITLE, { titleId: 'none' }).catch((error) => error)
    expect([ConnectError.from(error).code, error.rawMessage]).toEqual([
      Code.NotFound,
      'title none does not exist',
    ])
    const info = descriptorRegistry().getMessage('google.rpc.ErrorInfo')
    expect(error.findDetails(info)).toMatchObject([{ reason: 'TITLE_NOT_FOUND' }])
  })

  test('sends a message that holds too much', async () => {
    const items = Array.from({ length: 1001 }, () => ({ titleId: 'x'.repeat(10) }))
    const error = await unary('/laurel.v1.ProgressService/BatchRecordProgress', { items }).catch(
      (error) => error,
    )
    expect([ConnectError.from(error).code, error.rawMessage]).toEqual([
      Code.InvalidArgument,
      expect.stringMatching(/^items must be at most 1000/),
    ])
  })

  test('is asked to watch another server when this one stops, and the stop does not wait for the stream', async () => {
    const stopping = await startServer({ databaseUrl: database.url })
    const method = connectMethod(WATCH) as DescMethodStreaming
    const requests = (async function* () {
      yield create(method.input, { titleId: 'space-race' } as never)
    })()
    const transport = createConnectTransport({ baseUrl: stopping.url })
    const { message } = await transport.stream(method, undefined, undefined, undefined, requests)
    const responses = message[Symbol.asyncIterator]()
    await responses.next()
    const started = Date.now()
    const [error] = await Promise.all([
      responses.next().catch((error: unknown) => error),
      stopping[Symbol.asyncDispose](),
    ])
    expect(Date.now() - started).toBeLessThan(8000)
    expect(ConnectError.from(error).code).toBe(Code.Unavailable)
    const info = descriptorRegistry().getMessage('google.rpc.ErrorInfo')
    expect(info && ConnectError.from(error).findDetails(info)).toMatchObject([{ reason: 'SERVER_STOPPING' }])
  })

  test('watches events', async () => {
    const stop = new AbortController()
    const method = connectMethod(WATCH) as DescMethodStreaming
    const request = { titleId: 'space-race', filter: { playerIds: ['ada'] } }
    const requests = (async function* () {
      yield create(method.input, request as never)
    })()
    const watch = await transportOf(false).stream(method, stop.signal, undefined, undefined, requests)
    await post(RECORD, { titleId: 'space-race', playerId: 'ada', achievementId: 'first', percent: 40 })
    const events: unknown[] = []
    for await (const message of watch.message) {
      events.push(...(message as unknown as { events: object[] }).events)
      if (events.length > 0) break
    }
    expect(events).toMatchObject([{ playerId: 'ada', achievementId: 'first' }])
    stop.abort()
  })
})

describe('a web page', () => {
  const UPLOAD = '/upload/laurel.v1.ExchangeService/ImportAchievements'
  const corsOf = async (path: string, method: string, headers: Headers) => {
    const response = await fetch(server.url + path, { method, headers })
    const found = [...response.headers].filter(([name]) => /^access-control|^vary/.test(name))
    return { status: response.status, headers: Object.fromEntries(found) }
  }
  const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x' }

  test.each([GET_TITLE, UPLOAD, '/laurel.v1.TitleService/None'])(
    'of an allowed origin may call %s, and read errors',
    async (path) => {
      const { status, headers } = await corsOf(path, 'OPTIONS', { origin: ORIGIN, ...preflight })
      expect([status, headers]).toMatchObject([
        204,
        { 'access-control-allow-methods': 'GET,POST', vary: 'origin' },
      ])
      expect(headers['access-control-allow-headers']).toMatch(/content-type,connect-protocol-version/)
      const posted = await corsOf(path, 'POST', { origin: ORIGIN })
      expect(posted.headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-expose-headers': 'retry-after',
      })
    },
  )

  test('of another origin may not', async () => {
    const origin = 'https://evil.example'
    for (const [method, status] of [
      ['OPTIONS', 405],
      ['POST', 403],
    ] as const) {
      const found = await corsOf(GET_TITLE, method, { origin, ...preflight })
      expect([found.status, Object.keys(found.headers)]).toEqual([status, method === 'POST' ? [] : ['vary']])
    }
  })

  test('of a name that was resolved to this machine may not', async () => {
    const { hostname, port } = new URL(server.url)
    const head = `POST ${GET_TITLE} HTTP/1.1\r\nhost: evil.example\r\ncontent-type: application/json\r\n`
    const socket = connectSocket(Number(port), hostname).setEncoding('utf8')
    socket.write(`${head}connection: close\r\ncontent-length: 2\r\n\r\n{}`)
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toMatch(/^HTTP\/1.1 403.*"code":"permission_denied".*PAGE_REFUSED/s)
  })
})

test('buf curl calls a method, a stream and shows an error', async () => {
  const buf = async (path: string, message: object) => {
    const args = ['curl', '--schema', '.', '--protocol', 'connect', '-d', JSON.stringify(message)]
    const running = promisify(execFile)('node_modules/.bin/buf', [...args, server.url + path])
    return running.catch((error: { stdout: string; stderr: string }) => error)
  }
  expect(JSON.parse((await buf(GET_TITLE, { titleId: 'space-race' })).stdout).title.titleId).toBe(
    'space-race',
  )
  expect((await buf(GET_TITLE, { titleId: 'none' })).stderr).toMatch(/TITLE_NOT_FOUND/)
  const request = { titleId: 'space-race', dialect: adapters[0]?.id }
  const exported = await buf('/laurel.v1.ExchangeService/ExportAchievements', request)
  expect(exported.stdout).toMatch(/"content"/)
})
