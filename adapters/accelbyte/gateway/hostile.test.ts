import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gateway } from '../gateway.ts'
import { definition } from '../testing/client.ts'
import { failure } from '../testing/schemas.ts'
import { startAccelByte } from '../testing/server.ts'

let running: Awaited<ReturnType<typeof startAccelByte>>

beforeAll(async () => {
  running = await startAccelByte()
  await running.client.call('AdminCreateNewAchievement', { body: definition('lamp', { tags: ['a'] }) })
})
afterAll(() => running[Symbol.asyncDispose]())

const routes = gateway.routes.filter(({ path }) => path.startsWith('/achievement/'))
const NOT_SUPPORTED = 'BulkCreatePSNEvent'
const LEAKS =
  /\bat (async )?\S+ \(|\.ts\b|node_modules|\b(select|insert|relation|syntax error|invalid byte)\b/i

/** An answer of the service's form, whatever was asked. */
async function check(path: string, init: RequestInit, name = ''): Promise<number> {
  const response = await fetch(running.url + path, init)
  const received = await response.text()
  const what = `${init.method} ${path}: ${response.status} ${received}`
  if (response.status !== 501 || name !== NOT_SUPPORTED) expect(response.status, what).toBeLessThan(500)
  expect(received).not.toMatch(LEAKS)
  if (response.status >= 400) {
    expect(response.headers.get('content-type')).toBe('application/json')
    failure.parse(JSON.parse(received))
  } else if (received !== '') JSON.parse(received)
  return response.status
}

const unusual = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('constructor', '__proto__', '..', "' or 1=1 --", '\u0000', 'x'.repeat(1500), '(((', 'a&b|'),
)
const segment = fc.oneof(
  unusual.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('%', '%zz', '%c0%ae', '%ED%A0%80', '%00', '', '+', '.', '..%2f'),
)
const mostly = <Value>(usual: fc.Arbitrary<Value>, other: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: other })

/** A route's path with arbitrary text as its parameters. */
const target = fc.constantFrom(...routes).chain((route) =>
  fc
    .record({
      namespace: mostly(fc.constant('harbor-lights'), segment),
      userId: mostly(fc.constant('ada'), segment),
      code: mostly(fc.constantFrom('lamp', 'none'), segment),
    })
    .map((params) => ({
      route,
      path: route.path.replace(/:(\w+)/g, (_, name) => params[name as keyof typeof params]),
    })),
)
const query = fc.array(
  fc.tuple(
    mostly(
      fc.constantFrom('limit', 'offset', 'sortBy', 'tags', 'global', 'language', 'preferUnlocked', 'name'),
      segment,
    ),
    mostly(
      fc.constantFrom('1', '0', '-1', '100', 'true', 'a', 'en', 'listOrder', 'createdAt:desc', ''),
      segment,
    ),
  ),
  { maxLength: 4 },
)
const headers = fc.dictionary(
  fc.constantFrom('accept-language', 'authorization', 'content-type', 'x-forwarded-for'),
  fc.stringMatching(/^[\x21-\x7e]{0,60}$/),
)

const member = fc.oneof(
  fc.constantFrom<unknown>('en', 'lamp', '', null, 0, -1, 1e300, 2 ** 53, true, [], {}, ['a'], { en: 'x' }),
  fc.jsonValue(),
  unusual,
)
const object = fc.record(
  Object.fromEntries(
    [
      ...Object.keys(definition('x')),
      'customAttributes',
      'global',
      'targetOrder',
      'achievementCodes',
      'codes',
      'status',
      'data',
      '__proto__',
      'constructor',
      'HIDDEN',
    ].map((name) => [name, member]),
  ),
  { requiredKeys: [] },
)
const body: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  object.map((said) => JSON.stringify({ ...definition('lamp'), ...said })),
  object.map((said) => JSON.stringify(said)),
  fc.json(),
  fc.uint8Array({ maxLength: 100 }),
  fc.constantFrom('', 'null', '[', '['.repeat(10_000), '{"a":"\\ud800"}', '{"achievementCode":1e999}'),
)

test('paths, queries, headers and bodies of anything are answered in the form of the service', async () => {
  const seen = new Map<string, Set<number>>()
  await fc.assert(
    fc.asyncProperty(target, query, headers, body, async ({ route, path }, asked, said, content) => {
      const { method, name } = route
      const search = asked.map(([key, value]) => `${key}=${value}`).join('&')
      const init = { method, headers: said, body: method === 'GET' ? null : (content as string) }
      const status = await check(`${path}?${search}`, init, name)
      seen.set(name, new Set([...(seen.get(name) ?? []), status]))
    }),
    { numRuns: 600 },
  )
  expect([...seen.keys()].sort()).toEqual(routes.map(({ name }) => name).sort())
  const statuses = new Set([...seen.values()].flatMap((each) => [...each]))
  for (const status of [200, 204, 400, 404]) expect(statuses).toContain(status)
})

test('other methods and other paths are refused in the form of the service', async () => {
  for (const { path } of routes) {
    const filled = path.replace(/:\w+/g, 'x')
    expect([404, 405]).toContain(await check(filled, { method: 'OPTIONS' }))
    expect(await check(`${filled}/more/of/it`, { method: 'GET' })).toBe(404)
  }
})

const part = fc.record({
  name: mostly(fc.constantFrom('file', 'strategy'), unusual),
  fileName: fc.option(unusual, { nil: undefined }),
  content: fc.oneof(
    fc.constantFrom('[]', 'replace', '{', '[{}]', '[1,null,[]]', `[${JSON.stringify(definition('in'))}]`),
    fc.array(object, { maxLength: 3 }).map((entries) => JSON.stringify(entries)),
    unusual,
  ),
})

test('forms of anything are answered in the form of the service', async () => {
  const path = '/achievement/v1/admin/namespaces/harbor-lights/achievements/import'
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 4 }), async (parts) => {
      const form = new FormData()
      for (const { name, fileName, content } of parts) {
        if (fileName === undefined) form.append(name, content)
        else form.append(name, new Blob([content]), fileName)
      }
      seen.add(await check(path, { method: 'POST', body: form }))
    }),
    { numRuns: 200 },
  )
  expect([...seen].sort()).toEqual([200, 400])
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary-ascii', maxLength: 300 }), async (text) => {
      const body = `--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n${text}`
      const headers = { 'content-type': 'multipart/form-data; boundary=x' }
      await check(path, { method: 'POST', headers, body })
    }),
    { numRuns: 100 },
  )
})

const ACHIEVEMENTS = '/achievement/v1/admin/namespaces/harbor-lights/achievements'

/** A request of which only this much is ever sent. */
async function begin(path: string, type: string, length: number, content: string): Promise<Socket> {
  const { hostname, port } = new URL(running.url)
  const socket = connect(Number(port), hostname)
  const head = [
    `POST /accelbyte${path} HTTP/1.1`,
    `Host: ${hostname}`,
    `Content-Type: ${type}`,
    `Content-Length: ${length}`,
  ]
  await new Promise<void>((resolve) =>
    socket.write(`${head.join('\r\n')}\r\n\r\n${content}`, () => resolve()),
  )
  return socket
}

test('a body that is too large is refused before it is read', async () => {
  const socket = await begin(ACHIEVEMENTS, 'application/json', 5 * 2 ** 20, '')
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  expect(head).toMatch(/^HTTP\/1\.1 413 /)
  expect(failure.parse(JSON.parse(body)).errorCode).toBe(413)
})

test('attributes that are too large are refused', async () => {
  const body = JSON.stringify(definition('x', { customAttributes: { x: 'x'.repeat(2 * 2 ** 20) } }))
  expect(await check(ACHIEVEMENTS, { method: 'POST', body })).toBe(400)
})

test('a client that goes away in the middle of a form leaves the server serving', async () => {
  const begun = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n[{"a":'
  const socket = await begin(`${ACHIEVEMENTS}/import`, 'multipart/form-data; boundary=x', 100_000, begun)
  socket.destroy()
  await running.client.call('AdminListAchievements')
  expect(running.server.output()).not.toMatch(/"level":(50|60)|\berror\b/i)
})
