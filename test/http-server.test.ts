import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseJson } from '../src/dialect/json-text.ts'
import { Refusal } from '../src/dialect/refusal.ts'
import type { Gateway, GatewayRequest, Route } from '../src/http/gateway.ts'
import { createHttpServer } from '../src/http/server.ts'
import { LaurelError } from '../src/model/errors.ts'
import { Readiness } from '../src/readiness.ts'
import { openOperations } from '../src/service/operations.ts'
import { openStore } from '../src/store/store.ts'
import { servicesOn, testWire } from './support/services.ts'

/** An unreachable database: only the host is under test. */
const store = openStore({ connectionString: 'postgres://127.0.0.1:1/none', poolSize: 1, onError: () => {} })
const operations = openOperations({ ...servicesOn(store), dialects: new Map() })

function route(name: string, settings: Partial<Route> & Pick<Route, 'handle'>): Route {
  return { method: 'GET', path: `/${name}`, name, ...settings }
}

const text = async (request: GatewayRequest) => new TextDecoder().decode(request.body)

const toy: Gateway = {
  dialect: 'toy',
  mounts: ['/toy', '/toy/v2'],
  domains: [],
  routes: [
    route('echo', {
      path: '/users/:user/echo',
      handle: async ({ mount, params, query, headers }) => ({
        status: 200,
        body: {
          mount,
          params,
          query: [...query].map(([name, value]) => [name, value]),
          x: headers['x-thing'] ?? null,
        },
      }),
    }),
    route('body', {
      method: 'POST',
      maxBodyBytes: 64,
      handle: async (request) => ({ status: 201, body: parseJson(await text(request)) }),
    }),
    route('form', {
      method: 'POST',
      maxBodyBytes: 1024,
      async handle(request) {
        const parts = []
        for await (const { name, fileName, content } of request.form()) {
          let size = 0
          for await (const chunk of content) size += chunk.length
          parts.push({ name, fileName: fileName ?? null, size })
        }
        return { status: 200, body: parts }
      },
    }),
    route('empty', { method: 'DELETE', handle: async () => ({ status: 204 }) }),
    route('refusal', {
      handle: () => Promise.reject(new Refusal(418, { short: 'and stout' }, { 'x-pot': 'tea' })),
    }),
    route('error', {
      handle: () => Promise.reject(new LaurelError('not_found', 'TITLE_NOT_FOUND', 'title x does not exist')),
    }),
    route('fault', { handle: () => Promise.reject(new Error('the secret cause')) }),
    route('title', {
      handle: async ({ operations, call }) => {
        await operations.getTitle({ titleId: 'x' }, call)
        return { status: 200 }
      },
    }),
    route('rated', {
      rates: () => [{ key: 'rated', limit: 2, periodSeconds: 3600 }],
      handle: async () => ({ status: 200, body: 'ok' }),
    }),
  ],
  writeFailure: ({ status, error }) => ({ status, body: { toy: status, reason: error?.reason ?? null } }),
  headers: (_, rate) => ({ 'x-toy': 'yes', ...(rate && { 'x-left': String(rate.remaining) }) }),
}

const host = {
  ...testWire,
  operations,
  strict: new Set<string>(),
  checked: false,
  readiness: new Readiness(store),
  metrics: undefined,
}
const server = createHttpServer([toy], host)
let url: string

beforeAll(async () => {
  url = `http://${await server.listen('127.0.0.1:0')}`
})
afterAll(async () => {
  await server.stop()
  await store.close()
})

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(url + path, init)
  const body = await response.text()
  return { status: response.status, headers: response.headers, body, json: () => JSON.parse(body) }
}

test('a route gets its mount, decoded parameters, the query and headers', async () => {
  const response = await ask('/toy/v2/users/xuid(25)/echo/?titleId=1,2&A=b%20c', {
    headers: { 'X-Thing': 'y' },
  })
  expect(response.json()).toEqual({
    mount: '/toy/v2',
    params: { user: 'xuid(25)' },
    query: [
      ['titleId', '1,2'],
      ['A', 'b c'],
    ],
    x: 'y',
  })
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(response.headers.get('x-toy')).toBe('yes')
  expect((await ask('/toy/users/xuid%2825%29/echo')).json()).toMatchObject({ params: { user: 'xuid(25)' } })
})

test('a request that arrives while the server stops has its response', async () => {
  const began = Promise.withResolvers<void>()
  const responded = Promise.withResolvers<void>()
  const pause = (app: FastifyInstance) => {
    app.addHook('preClose', async () => {
      began.resolve()
      await responded.promise
    })
  }
  const stopping = createHttpServer([toy], host, undefined, { plugins: [pause] })
  const address = await stopping.listen('127.0.0.1:0')
  const stopped = stopping.stop()
  await began.promise
  const { status, headers } = await fetch(`http://${address}/toy/rated`).finally(responded.resolve)
  await stopped
  expect([status, headers.get('connection')]).toEqual([200, 'close'])
})

test.each(['application/json', 'text/plain; charset=utf-8', 'application/x-www-form-urlencoded', ''])(
  'a body is read whatever its type is said to be: %s',
  async (type) => {
    const headers = { 'content-type': type }
    const response = await ask('/toy/body', {
      method: 'POST',
      headers,
      body: Buffer.from('{"id":9007199254740993}'),
    })
    expect([response.status, response.body]).toEqual([201, '{"id":9007199254740993}'])
  },
)

test('an invalid or too large body is rejected in the format of the gateway', async () => {
  const post = (body: string) => ask('/toy/body', { method: 'POST', body })
  expect((await post('{"a":')).json()).toEqual({ toy: 400, reason: 'DOCUMENT_MALFORMED' })
  expect((await post('"\\u0000"')).json()).toEqual({ toy: 400, reason: 'INVALID_FIELD' })
  expect((await post(`"${'x'.repeat(64)}"`)).json()).toEqual({ toy: 413, reason: null })
})

test('a form is read part by part, and has its own limit', async () => {
  const form = (bytes: number) => {
    const data = new FormData()
    data.append('strategy', 'replace')
    data.append('file', new Blob(['x'.repeat(bytes)]), 'a.json')
    return ask('/toy/form', { method: 'POST', body: data })
  }
  expect((await form(100)).json()).toEqual([
    { name: 'strategy', fileName: null, size: 7 },
    { name: 'file', fileName: 'a.json', size: 100 },
  ])
  expect((await form(5000)).status).toBe(413)
  const broken = { 'content-type': 'multipart/form-data; boundary=x' }
  expect((await ask('/toy/form', { method: 'POST', headers: broken, body: '--x\r\nbroken' })).status).toBe(
    400,
  )
  expect((await ask('/toy/form', { method: 'POST', body: 'no form' })).json()).toEqual([])
})

test('failures have the format of the gateway, without details of a defect', async () => {
  expect((await ask('/toy/error')).json()).toEqual({ toy: 404, reason: 'TITLE_NOT_FOUND' })
  const fault = await ask('/toy/fault')
  expect([fault.status, fault.json()]).toEqual([500, { toy: 500, reason: null }])
  const refusal = await ask('/toy/refusal')
  expect([refusal.status, refusal.json(), refusal.headers.get('x-pot')]).toEqual([
    418,
    { short: 'and stout' },
    'tea',
  ])
  const away = await ask('/toy/title')
  expect([away.status, away.headers.get('retry-after')]).toEqual([503, '1'])
})

test('an unknown route is reported in the format of the gateway, elsewhere in that of the host', async () => {
  expect((await ask('/toy/nothing')).json()).toEqual({ toy: 404, reason: null })
  expect((await ask('/toy/%zz')).json()).toEqual({ toy: 400, reason: null })
  const method = await ask('/toy/empty', { method: 'PUT', body: '{}' })
  expect([method.status, method.headers.get('allow')]).toEqual([405, 'DELETE'])
  expect((await ask('/toy/empty', { method: 'DELETE' })).body).toBe('')
  expect((await ask('/nothing')).json()).toEqual({ error: 'there is nothing here' })
  expect((await ask('/healthz')).json()).toEqual({ status: 'serving' })
})

test('a rate admits its number of calls and reports the remaining ones', async () => {
  const [first, second, third] = [await ask('/toy/rated'), await ask('/toy/rated'), await ask('/toy/rated')]
  expect([first, second, third].map(({ status, headers }) => [status, headers.get('x-left')])).toEqual([
    [200, '1'],
    [200, '0'],
    [429, '0'],
  ])
  expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(1800)
})
