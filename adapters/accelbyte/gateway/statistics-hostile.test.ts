import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Route } from '../../../src/http/gateway.ts'
import { definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'
import { accelByteCaller, failure } from '../testing/social.ts'
import { globalRoutes } from './global.ts'
import { statisticsRoutes } from './statistics.ts'

let running: Awaited<ReturnType<typeof startAccelByte>>
let api: ReturnType<typeof accelByteCaller>

beforeAll(async () => {
  running = await startAccelByte()
  api = accelByteCaller(running.url)
  const goal = { incremental: true, global: true, statCode: 'miles', goalValue: 5 }
  const client = running.clientOf('hostile')
  await client.call('AdminCreateNewAchievement', { body: definition('goal', goal) })
})
afterAll(() => running[Symbol.asyncDispose]())

const LEAKS =
  /\bat (async )?\S+ \(|\.ts\b|node_modules|\b(select|insert|relation|syntax error|invalid byte|undefined)\b/i

const unusual = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom(
    '%',
    '%zz',
    '%00',
    '%c0%ae',
    '..%2f',
    '__proto__',
    'constructor',
    'x'.repeat(2100),
    'me',
    '%20',
  ),
)
const usually = <Value>(usual: fc.Arbitrary<Value>, other: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 3, arbitrary: usual }, { weight: 1, arbitrary: other })

const PARAMS: Readonly<Record<string, string>> = {
  namespace: 'hostile',
  userId: 'ann',
  code: 'goal',
  statCode: 'miles',
}

function pathOf({ path }: Route): fc.Arbitrary<string> {
  const segments = path.split('/').map((segment) => {
    const usual = segment.startsWith(':') ? (PARAMS[segment.slice(1)] ?? '') : segment
    return segment.startsWith(':') ? usually(fc.constant(usual), unusual) : fc.constant(usual)
  })
  return fc.tuple(...segments).map((all) => all.join('/'))
}

const query = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'limit',
        'offset',
        'sortBy',
        'tags',
        'status',
        'statCode',
        'statCodes',
        'userIds',
        'isPublic',
      ),
      usually(
        fc.constantFrom('1', '-1', '', 'updatedAt:asc', 'a&(b|c', '9'.repeat(30), 'True', 'miles,x', '1e9'),
        unusual,
      ),
    ),
    { maxLength: 4 },
  )
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'))

const value = fc.oneof(
  fc.constantFrom<unknown>(
    1,
    -1,
    1e308,
    2 ** 60,
    0.1,
    null,
    true,
    'INCREMENT',
    'miles',
    'ann',
    [],
    {},
    ['a'],
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const members = fc.dictionary(
  fc.constantFrom(
    'statCode',
    'name',
    'defaultValue',
    'setBy',
    'minimum',
    'maximum',
    'tags',
    'inc',
    'value',
    'userId',
    'updateStrategy',
    'statCodes',
    'cycleIds',
    'requestId',
    'INC',
    '__proto__',
    'visibility',
    'additionalKey',
  ),
  value,
)
const likely = fc.constantFrom(
  { statCode: 'miles', updateStrategy: 'INCREMENT', value: 1, inc: 1, userId: 'ann' },
  { statCode: 'miles', updateStrategy: 'MAX', value: 1e308, inc: 1e308, userId: 'bob' },
  { statCode: 'new', name: 'New', defaultValue: 0, setBy: 'CLIENT' },
)
const item = fc.tuple(likely, members).map(([usual, more]) => ({ ...usual, ...more }))
const body = fc.oneof(
  fc.oneof(item, members, likely, fc.array(item, { maxLength: 3 })).map((json) => JSON.stringify(json)),
  fc.constantFrom(
    '',
    'null',
    '[',
    '{"inc":1e999}',
    '{"inc":123456789012345678901234567890}',
    '[[]]',
    '{"inc":1,}',
  ),
  fc.constant('['.repeat(5000)),
  fc.string({ unit: 'binary', maxLength: 40 }),
)
const headers = fc.dictionary(
  fc.constantFrom('content-type', 'authorization', 'accept-language', 'x-forwarded-for'),
  fc.stringMatching(/^[\x21-\x7e]{0,40}$/),
)

test.each([...globalRoutes, ...statisticsRoutes].map((route) => [route.name, route] as const))(
  '%s answers in its form, whatever it is sent',
  async (_, route) => {
    await fc.assert(
      fc.asyncProperty(pathOf(route), query, body, headers, async (path, asked, content, sent) => {
        const form = /multipart/i.test(sent['content-type'] ?? '')
        const hasBody = route.method !== 'GET' && !form
        const { status, text } = await api.ask(
          route.method,
          `${path}?${asked}`,
          hasBody ? content : undefined,
          sent,
        )
        expect(status).toBeLessThan(500)
        expect(text).not.toMatch(LEAKS)
        if (status >= 400) failure.parse(JSON.parse(text))
      }),
      { numRuns: 40 },
    )
  },
)

test('every operation is a route of its own', () => {
  const routes = [...globalRoutes, ...statisticsRoutes]
  const of = (part: (route: Route) => string) => new Set(routes.map(part)).size
  expect([of(({ name }) => name), of(({ method, path }) => `${method} ${path}`)]).toEqual([
    routes.length,
    routes.length,
  ])
})
