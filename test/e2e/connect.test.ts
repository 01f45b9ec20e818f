import { once } from 'node:events'
import { connect as connectSocket } from 'node:net'
import { create, toBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { LIMITS } from '../../src/model/limits.ts'
import { callUnary, createClient } from '../support/client.ts'
import { connectMethod } from '../support/connect-call.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { errorInfoOf } from '../support/error-info.ts'
import { bodyOf, type Headers, postJson } from '../support/post-json.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const GET_TITLE = '/laurel.v1.TitleService/GetTitle'
const CREATE_TITLE = '/laurel.v1.TitleService/CreateTitle'
const RECORD = '/laurel.v1.ProgressService/RecordProgress'
const WATCH = '/laurel.v1.EventService/WatchProgress'

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  const title = { titleId: 'space-race', displayName: 'Space Race', defaultLocale: 'en' }
  expect((await post(CREATE_TITLE, { title })).status).toBe(200)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const post = (path: string, message: object | string, headers?: Headers) =>
  postJson(server.url + path, message, headers)

interface ErrorBody {
  readonly details: readonly { readonly type: string; readonly debug: object }[]
}

/** Returns the violations of an error by their paths. */
function violationsOf({ details }: ErrorBody): Readonly<Record<string, string>> {
  const { debug } = details.find(({ type }) => type === 'google.rpc.BadRequest') ?? { debug: {} }
  const { fieldViolations = [] } = debug as { fieldViolations?: { field?: string; description: string }[] }
  return Object.fromEntries(fieldViolations.map(({ field = '', description }) => [field, description]))
}

describe('a request in JSON', () => {
  test('is read with the names of both forms, and returns the record', async () => {
    for (const message of [{ titleId: 'space-race' }, { title_id: 'space-race' }]) {
      const { status, headers, body } = await post(GET_TITLE, message)
      expect([status, headers.get('content-type')]).toEqual([200, 'application/json'])
      expect(body.title).toMatchObject({ titleId: 'space-race', displayName: 'Space Race' })
    }
  })

  test('is repeated by its request id, on either wire', async () => {
    const title = { titleId: 'repeated', displayName: 'A', defaultLocale: 'en' }
    const first = await post(CREATE_TITLE, { title, requestId: 'one' })
    expect(await post(CREATE_TITLE, { title, requestId: 'one' })).toMatchObject({ body: first.body })
    using client = createClient(TitleServiceClient, server.address)
    const request = { title: { ...title, bindings: new Map(), extensions: new Map(), etag: '' } as never }
    const again = await callUnary(client, 'createTitle', { ...request, requestId: 'one' })
    expect(again.title?.etag).toBe(first.body.title.etag)
    const other = await post(CREATE_TITLE, { title: { ...title, displayName: 'B' }, requestId: 'one' })
    expect(other.body.details[0].debug.reason).toBe('REQUEST_ID_REUSED')
  })

  test('is refused for an unknown member, with its path', async () => {
    const message = { title: { titleId: 'x', displayNam: 'X', bindings: { toy: { idz: {} } } } }
    const { status, body } = await post(CREATE_TITLE, message)
    expect([status, body.code]).toEqual([400, 'invalid_argument'])
    expect(violationsOf(body)).toEqual({
      'title.displayNam': expect.stringMatching(/^is no field of Title, which has title_id, display_name/),
      'title.bindings["toy"].idz': expect.stringMatching(/^is no field of Binding/),
    })
  })

  test.each([
    [{ titleId: 5 }, { title_id: 'must be a JSON string' }],
    [{ titleId: '\ud800' }, { title_id: 'must be a JSON string' }],
    ['[]', { '': 'must be a JSON object' }],
    ['{', { '': expect.stringMatching(/not valid JSON.*line 1/) }],
    [{ titleId: '' }, { title_id: 'must be set' }],
    [{ titleId: 'x'.repeat(129) }, { title_id: 'must be at most 128 characters' }],
  ])('%j is refused with the path and the remedy', async (message, violations) => {
    const { status, body } = await post(GET_TITLE, message)
    expect([status, body.code]).toEqual([400, 'invalid_argument'])
    expect(violationsOf(body)).toEqual(violations)
  })

  test('is refused with the path of each value that has another type', async () => {
    const items = [{ titleId: 'a', percent: 'x' }, { occurredTime: 'soon' }, 7]
    const batch = await post('/laurel.v1.ProgressService/BatchRecordProgress', { items })
    expect(violationsOf(batch.body)).toEqual({
      'items[0].percent': expect.stringMatching(/^must be a whole number within/),
      'items[1].occurred_time': expect.stringMatching(/^must be a time such as/),
      'items[2]': 'must be a JSON object',
    })
    const mask = { title: { titleId: 'a' }, updateMask: ['display_name'] }
    const update = await post('/laurel.v1.TitleService/UpdateTitle', mask)
    expect(violationsOf(update.body)).toEqual({ update_mask: expect.stringMatching(/lower camel case/) })
    const list = await post('/laurel.v1.AchievementService/ListAchievements', {
      titleId: 'a',
      orderBy: 'FIRST',
    })
    expect(violationsOf(list.body)).toEqual({ order_by: expect.stringMatching(/ACHIEVEMENT_ORDER_LIST/) })
  })

  test('is refused before it is parsed if it holds more values than any message', async () => {
    const items = `{"items":[${'{},'.repeat(1_000_000)}{}]}`
    const { body } = await post('/laurel.v1.ProgressService/BatchRecordProgress', items)
    expect(violationsOf(body)).toEqual({ '': expect.stringMatching(/at most 40000 members/) })
    const texts = JSON.stringify({ titleId: '[{,"\\'.repeat(100_000) })
    expect(violationsOf((await post(GET_TITLE, texts)).body)).toEqual({
      title_id: expect.stringMatching(/at most 128/),
    })
  })

  test('is refused above the limit of a message, compressed, or with another content type', async () => {
    const large = await post(GET_TITLE, ' '.repeat(LIMITS.messageBytes + 1))
    expect([large.status, large.body.code]).toEqual([429, 'resource_exhausted'])
    const compressed = await post(GET_TITLE, {}, { 'content-encoding': 'gzip' })
    expect([compressed.status, compressed.body.message]).toEqual([501, expect.stringMatching(/not be comp/)])
    const form = await post(GET_TITLE, '', { 'content-type': 'application/x-www-form-urlencoded' })
    expect([form.status, form.body.message]).toEqual([415, expect.stringMatching(/application\/json/)])
  })

  test('has the errors of gRPC', async () => {
    using client = createClient(TitleServiceClient, server.address)
    const error = await callUnary(client, 'getTitle', { titleId: 'none' }).catch((error) => error)
    const { status, body } = await post(GET_TITLE, { titleId: 'none' })
    expect([status, body.code, body.message]).toEqual([404, 'not_found', error.details])
    expect(body.details[0].debug).toMatchObject({ reason: errorInfoOf(error)?.reason, domain: 'laurel' })
  })

  test('names the actor on whose behalf it acts', async () => {
    const { body } = await post(GET_TITLE, { titleId: 'space-race' }, { 'laurel-actor': 'x'.repeat(129) })
    expect(violationsOf(body)).toEqual({ 'laurel-actor': expect.stringMatching(/^must be 1 to 128/) })
  })

  test('ends at its deadline', async () => {
    const late = await post(GET_TITLE, { titleId: 'space-race' }, { 'connect-timeout-ms': '0' })
    expect([late.status, late.body.code]).toEqual([504, 'deadline_exceeded'])
    const longest = { 'connect-timeout-ms': '9999999999' }
    expect((await post(GET_TITLE, { titleId: 'space-race' }, longest)).status).toBe(200)
  })

  test('gets a compressed response if it accepts one and that is worth it', async () => {
    const encodingOf = async (path: string, message: object) =>
      (await post(path, message, { 'accept-encoding': 'br' })).headers.get('content-encoding')
    expect(await encodingOf('/laurel.v1.ExchangeService/ListDialects', {})).toBe('br')
    expect(await encodingOf(GET_TITLE, { titleId: 'space-race' })).toBeNull()
  })
})

describe('GET', () => {
  const get = async (path: string, message: string, more = '') => {
    const query = `encoding=json&message=${encodeURIComponent(message)}${more}`
    const response = await fetch(`${server.url}${path}?${query}`)
    return { status: response.status, headers: response.headers, body: await bodyOf(response) }
  }

  test('serves an RPC without side effects', async () => {
    const { status, body } = await get(GET_TITLE, '{"titleId":"space-race"}')
    expect([status, body.title.displayName]).toEqual([200, 'Space Race'])
    const wrong = await get(GET_TITLE, '{"title":"space-race"}')
    expect(violationsOf(wrong.body)).toEqual({
      title: expect.stringMatching(/^is no field of GetTitleRequest/),
    })
    expect((await get(GET_TITLE, '{}', '&compression=gzip')).status).toBe(501)
  })

  test('is refused for an RPC that changes something, and for an unknown one', async () => {
    const { status, headers } = await get(CREATE_TITLE, '{}')
    expect([status, headers.get('allow')]).toEqual([405, 'POST'])
    expect((await get('/laurel.v1.TitleService/GetTitles', '{}')).body.code).toBe('unimplemented')
  })
})

describe('a stream', () => {
  const { input } = connectMethod(WATCH)
  const content = toBinary(input, create(input, { titleId: 'space-race' } as never))
  const envelope = (flags: number) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(flags)
    head.writeUInt32BE(content.length, 1)
    return Buffer.concat([head, content])
  }
  /** Returns the code of the error in the last envelope. */
  const endOf = async (body: Buffer, more: Headers = {}) => {
    const headers = { 'content-type': 'application/connect+proto', ...more }
    const response = await fetch(server.url + WATCH, { method: 'POST', headers, body })
    const [, text = ''] = /(\{"error".*\})/s.exec(await response.text()) ?? []
    return JSON.parse(text).error.code
  }

  test('is refused if its body is more or less than one message, or compressed', async () => {
    expect(await endOf(Buffer.alloc(0))).toBe('invalid_argument')
    expect(await endOf(Buffer.concat([envelope(0), envelope(0)]))).toBe('invalid_argument')
    expect(await endOf(envelope(1))).toBe('unimplemented')
  })

  test('ends at its deadline', async () => {
    expect(await endOf(envelope(0), { 'connect-timeout-ms': '300' })).toBe('deadline_exceeded')
  })
})

test('a client that leaves during its request leaves no trace in the log', async () => {
  const before = server.output()
  const { hostname, port } = new URL(server.url)
  const socket = connectSocket(Number(port), hostname)
  const head = `POST ${RECORD} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n`
  socket.write(`${head}\r\n{"titleId":`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.destroy()
  await once(socket, 'close')
  expect((await post(GET_TITLE, { titleId: 'space-race' })).status).toBe(200)
  expect(server.output()).toBe(before)
})
