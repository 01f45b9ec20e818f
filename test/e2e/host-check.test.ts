import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LaurelError } from '../../src/model/errors.ts'
import { gateways } from '../../src/registry.ts'
import { TITLE_ID } from '../support/fixture.ts'
import { type OpenAndClosed, startOpenAndClosed } from '../support/open-and-closed.ts'
import type { RunningServer } from '../support/server.ts'

/* Requests from web pages of other sites: DNS rebinding, and cross-origin writes. */

const ORIGIN = 'https://overlay.example'

let servers: OpenAndClosed
let open: RunningServer
let closed: RunningServer

beforeAll(async () => {
  servers = await startOpenAndClosed({
    LAUREL_ALLOWED_ORIGINS: ORIGIN,
    LAUREL_ALLOWED_HOSTS: 'laurel.internal',
  })
  ;({ open, closed } = servers)
})
afterAll(() => servers[Symbol.asyncDispose]())

/** Sends a request with any Host header, which `fetch` does not allow. The body of a stream is not read. */
async function send(server: RunningServer, path: string, headers: object, method = 'GET') {
  const clientRequest = request(server.url + path, { method, headers: { ...headers } })
  const received = new Promise<IncomingMessage>((resolve, reject) => {
    clientRequest.once('response', resolve).once('error', reject)
  })
  clientRequest.end()
  const response = await received
  const isStream = response.headers['content-type'] === 'text/event-stream'
  const body = isStream ? '' : await text(response)
  clientRequest.destroy()
  return { status: response.statusCode, body: body.startsWith('{') ? JSON.parse(body) : body }
}

const EVENTS = `/events?title_id=${TITLE_ID}`
/** A route of each gateway, a write where it has one. */
const ROUTES = gateways.map((gateway) => {
  const route = gateway.routes.find(({ method }) => method !== 'GET') ?? gateway.routes[0]
  return { gateway, method: route?.method, path: `${gateway.mounts[0]}${route?.path.replace(/:\w+/g, '1')}` }
})
const [WRITE = expect.fail('there is no gateway')] = ROUTES
const PATHS = [EVENTS, '/metrics', '/healthz', '/readyz', '/nowhere', WRITE.path]
const STRANGE = [
  'attacker.example',
  'attacker.example:8080',
  '127.0.0.1.attacker.example',
  'localhost.evil',
  'attacker.example/x?.localhost:80',
  'attacker.example#.localhost',
  'localhost@attacker.example/.localhost',
  'a"><b>.localhost',
  ...gateways.map(({ domains }) => `evil${domains[0]}`),
]

describe('a server without authentication', () => {
  test.each(STRANGE)('serves nothing under the host name %j', async (host) => {
    for (const path of PATHS) {
      const { status, body } = await send(open, path, { host })
      expect([path, status]).toEqual([path, 403])
      expect(JSON.stringify(body)).toContain('LAUREL_ALLOWED_HOSTS')
    }
  })

  test('rejects a host in the error format of each gateway, and of the events route', async () => {
    const said = async (path: string) => (await send(open, path, { host: 'attacker.example' })).body
    const problem = expect.stringMatching(
      /^the host "attacker.example" is neither localhost nor an address: /,
    )
    expect(await said(EVENTS)).toEqual({ error: problem, reason: 'PAGE_REFUSED', host: 'attacker.example' })
    const { error: message } = await said(EVENTS)
    const error = new LaurelError('permission_denied', 'PAGE_REFUSED', message)
    expect(ROUTES.length).toBeGreaterThan(1)
    for (const { gateway, path } of ROUTES) {
      const head = {
        method: 'GET',
        mount: gateway.mounts[0] ?? '',
        origin: '',
        path,
        params: {},
        now: 0n,
      }
      const request = { ...head, query: new URLSearchParams(), headers: {} }
      const { body } = gateway.writeFailure({ status: 403, error }, request)
      expect(await said(path)).toEqual(JSON.parse(JSON.stringify(body)))
      expect(JSON.stringify(body)).toContain('neither localhost nor an address')
    }
  })

  const own = [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1:8080',
    '[::1]:8080',
    '192.168.1.2',
    'laurel.internal:80',
    'game.localhost:8080',
    ...gateways.flatMap(({ domains: [domain] }) => [domain, `studio.${domain}:443`]),
  ]
  test.each(own)('serves everything under %s', async (host) => {
    expect((await send(open, EVENTS, { host })).status).toBe(200)
    expect((await send(open, '/metrics', { host })).status).toBe(200)
    expect((await send(open, '/nowhere', { host })).status).toBe(404)
  })

  test('rejects writes from pages of other origins, but not reads', async () => {
    const write = (origin: string) => send(open, WRITE.path, { origin }, WRITE.method)
    for (const origin of ['https://attacker.example', 'null', 'http://6.6.6.6', 'http://localhost.evil']) {
      const { status, body } = await write(origin)
      expect([origin, status]).toEqual([origin, 403])
      expect(JSON.stringify(body)).toContain('LAUREL_ALLOWED_ORIGINS')
      expect((await send(open, EVENTS, { origin })).status).toBe(200)
    }
    for (const origin of [ORIGIN, 'http://localhost:5173', 'http://[::1]:1', 'https://laurel.internal']) {
      expect((await write(origin)).status).not.toBe(403)
    }
  })
})

test('a server with authentication ignores the host name', async () => {
  const headers = { host: 'laurel.example', origin: 'https://attacker.example' }
  expect((await send(closed, '/healthz', headers)).status).toBe(200)
  expect((await send(closed, EVENTS, headers)).status).toBe(401)
  expect((await send(closed, WRITE.path, headers, WRITE.method)).status).toBe(401)
})
