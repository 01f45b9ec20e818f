import { once } from 'node:events'
import http from 'node:http'
import { json } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type AskOptions,
  createXboxTitle,
  startXbox,
  type XboxIds,
  type XboxServer,
} from '../testing/server.ts'
import { HISTORIES, LISTS, rateError, serviceError } from '../testing/strict-model.ts'

let xbox: XboxServer
let ids: XboxIds

beforeAll(async () => {
  xbox = await startXbox()
  ids = await createXboxTitle(xbox.services, 'hostile', 5, [{}, {}])
})
afterAll(() => xbox[Symbol.asyncDispose]())

const RUNS = { numRuns: 150 }
const LEAKS =
  /\bat (async )?\S+ \(|\.ts\b|node_modules|\b(select|insert|relation|syntax error|invalid byte)\b/i

const user = fc.bigInt(1n, 2n ** 64n - 1n).map((xuid) => `xuid(${xuid})`)
const unusual = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '%00',
    '..',
    'constructor',
    '__proto__',
    "' or 1=1 --",
    'x'.repeat(2000),
    'xuid()',
    'xuid(0x1)',
  ),
)
const segment = fc.oneof(
  unusual.map((text) => (/^%[!-~]*$/.test(text) ? text : encodeURIComponent(text.toWellFormed()))),
  fc.constantFrom('%', '%zz', '%c0%ae', '%ED%A0%80', '%F0%9F', 'me', 'xuid(99999999999999999999)', '+'),
)
const mostly = <Value>(usual: fc.Arbitrary<Value>, other: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 2, arbitrary: usual }, { weight: 1, arbitrary: other })
const query = fc.array(
  fc.tuple(
    mostly(
      fc.constantFrom(
        'titleId',
        'maxItems',
        'skipItems',
        'continuationToken',
        'types',
        'orderBy',
        'UNLOCKEDONLY',
      ),
      segment,
    ),
    mostly(fc.constantFrom('5', '0', '1', 'true', 'Title', '1e9', '-1', '%00', '5,5', ''), segment),
  ),
  { maxLength: 5 },
)
const headers = fc.dictionary(
  fc.constantFrom('accept-language', 'ms-cv', 'authorization', 'content-type', 'x-requestedserviceversion'),
  fc.stringMatching(/^[\x21-\x7e]{0,60}$/),
)
const contract = mostly(
  fc.constantFrom<number | string | undefined>(1, 2, 3, 4, undefined),
  fc.stringMatching(/^[\x21-\x7e]{1,20}$/),
)

/** An answer of the platform's form, whatever was asked. */
async function check(path: string, options: AskOptions): Promise<number> {
  const { status, text, json } = await xbox.ask(path, options)
  expect(status).toBeLessThan(500)
  expect(text).not.toMatch(LEAKS)
  if (status === 304) expect(text).toBe('')
  else if (status === 429) rateError.parse(json())
  else if (status >= 400) serviceError.parse(json())
  else if (text !== '{}') readable(json())
  return status
}

function readable(body: unknown): void {
  const all = [...Object.values(LISTS), ...Object.values(HISTORIES)]
  expect(all.some((schema) => schema.safeParse(body).success)).toBe(true)
}

test('paths, queries and headers of anything are answered in the form of the platform', async () => {
  const location = fc.oneof(
    fc.constantFrom('achievements', 'titleachievements', 'history/titles'),
    fc
      .tuple(
        mostly(fc.constant('00000000-0000-0000-0000-000000000005'), segment),
        mostly(fc.constantFrom('1', '3'), segment),
      )
      .map(([scid, id]) => `achievements/${scid}/${id}`),
    segment,
  )
  const method = mostly(fc.constant('GET'), fc.constantFrom('PUT', 'DELETE', 'PATCH', 'OPTIONS', 'POST'))
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(
      fc.record({ user: mostly(user, segment), location, query, headers, contract, method }),
      async ({ user, location, query, ...options }) => {
        const search = query.map(([name, value]) => `${name}=${value}`).join('&')
        seen.add(await check(`/users/${user}/${location}?${search}`, options))
      },
    ),
    { ...RUNS, numRuns: 400 },
  )
  for (const status of [200, 400, 404, 405, 406]) expect(seen).toContain(status)
})

const entry = fc.record(
  {
    id: fc.oneof(fc.constantFrom<unknown>('1', 2, '3', '__proto__', 1n.toString(), null, {}), unusual),
    percentComplete: fc.oneof(
      fc.constantFrom<unknown>(0, 1, 100, '50', 1e308, -1, '١', null, [], true, '1e3'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
    ['__proto__']: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const body = fc.record(
  {
    action: mostly<unknown>(fc.constant('progressUpdate'), fc.jsonValue()),
    serviceConfigId: fc.oneof(fc.constant<unknown>('00000000-0000-0000-0000-000000000005'), fc.jsonValue()),
    titleId: fc.oneof(fc.constantFrom<unknown>(5, '5', 4), fc.jsonValue()),
    userId: fc.jsonValue(),
    achievements: mostly<unknown>(fc.array(entry, { maxLength: 4 }), fc.jsonValue()),
    constructor: fc.jsonValue(),
  },
  { requiredKeys: [] },
)

test('bodies of anything are answered in the form of the platform', async () => {
  const bodies = fc.oneof<fc.Arbitrary<unknown>[]>(
    body.map((said) => JSON.stringify(said)),
    fc.json(),
    fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
    fc.uint8Array({ maxLength: 100 }),
    fc.constantFrom(
      `${'['.repeat(10_000)}`,
      '{"achievements":[{"id":"1","percentComplete":1e999}]}',
      '{"a":"\\u0000"}',
    ),
  ) as fc.Arbitrary<string | Uint8Array>
  await fc.assert(
    fc.asyncProperty(user, bodies, headers, async (player, body, said) => {
      await check(`/users/${player}/achievements/${ids.scid}/update`, { body, headers: said })
    }),
    RUNS,
  )
})

test('a body that is too large is refused before it is sent', async () => {
  const path = `${xbox.url}/users/xuid(1)/achievements/${ids.scid}/update`
  const request = http.request(path, { method: 'POST', headers: { 'content-length': 5 * 2 ** 20 } })
  request.flushHeaders()
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  expect(response.statusCode).toBe(413)
  serviceError.parse(await json(response))
  request.destroy()
})

test('the trace header of a client is returned, truncated', async () => {
  const received = await xbox.ask('/users/nobody/achievements', { headers: { 'ms-cv': 'v'.repeat(500) } })
  expect(serviceError.parse(received.json()).traceInformation).toBe('v'.repeat(128))
})
