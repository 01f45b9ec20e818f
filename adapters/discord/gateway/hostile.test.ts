import { request as send } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { type RunningServer, startServer } from '../../../test/support/server.ts'
import { ask, freshSnowflake, freshToken } from '../testing/requests.ts'

let database: TestDatabase
let server: RunningServer
const application = freshSnowflake()
const user = freshSnowflake()
let achievement: string

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  const url = `${server.url}/discord/api/v10/applications/${application}/achievements`
  const json = { name: 'x', description: 'y' }
  achievement = (await ask(url, { method: 'POST', token: freshToken('Bot'), json })).json().id
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

interface Raw {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
}

/** As it is written: a well-behaved client would clean the path and refuse the headers. */
function raw({ method, path, headers = {}, body }: Raw) {
  const { hostname, port } = new URL(server.url)
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const own = {
        authorization: freshToken('Bot'),
        'content-length': String(Buffer.byteLength(body ?? '')),
      }
      const options = { hostname, port, method, path, agent: false, headers: { ...own, ...headers } }
      const sent = send(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    },
  )
}

/** A response in Discord's format that reveals nothing of the implementation. */
function expectDiscord({ status, headers, text }: Awaited<ReturnType<typeof raw>>): void {
  expect(status).toBeLessThan(500)
  expect(headers['via']).toBe('1.1 laurel')
  if (text === '') return
  expect(headers['content-type']).toBe('application/json')
  expect(text).not.toMatch(
    /node_modules|\.ts:|\bselect\b|postgres|constraint|TypeError|SyntaxError|at .+:\d+:\d+/i,
  )
  const body = JSON.parse(text)
  if (status < 400) return
  const isForm = Object.values(body).every(
    (texts) => Array.isArray(texts) && texts.every((each) => typeof each === 'string'),
  )
  expect(
    isForm || (typeof body.message === 'string' && (status === 429 || Number.isInteger(body.code))),
  ).toBe(true)
}

function routes(): (readonly [method: string, path: string])[] {
  const list = `/applications/${application}/achievements`
  const one = `${list}/${achievement}`
  return [
    ...[list, `/oauth2${list}`].flatMap((path) => [['GET', path] as const, ['POST', path] as const]),
    ...[one, `/oauth2${one}`].flatMap((path) => [['GET', path] as const, ['PATCH', path] as const]),
    ['DELETE', `${list}/5`],
    ['PUT', `/users/${user}${one}`],
    ['GET', `/users/@me${list}`],
  ]
}

const version = fc.constantFrom('', '/v6', '/v7', '/v8', '/v9', '/v10')
const route = fc.nat().map((index) => routes()[index % routes().length] as readonly [string, string])
const ODD = [
  '%00',
  '%zz',
  '%',
  '%2e%2e',
  '%2F',
  '..',
  '.',
  '',
  '0',
  '-1',
  '9'.repeat(30),
  '9223372036854775808',
]
const segment = fc.oneof(
  fc.constantFrom(...ODD, '__proto__', 'constructor', '@me', '%40me', '%C3%28', '1e3', '0x10', "1'or'1"),
  fc.stringMatching(/^[!-"$->@-~]{0,40}$/),
)

test('paths', async () => {
  const property = fc.asyncProperty(
    version,
    route,
    fc.nat(5),
    segment,
    async (mount, [method, path], at, unusual) => {
      const steps = path.split('/')
      steps[1 + (at % (steps.length - 1))] = unusual
      expectDiscord(await raw({ method, path: `/discord/api${mount}${steps.join('/')}` }))
    },
  )
  await fc.assert(property, { numRuns: 400, seed: 7 })
  const long = `/discord/api/v10/applications/${'1'.repeat(5000)}/achievements`
  expectDiscord(await raw({ method: 'GET', path: long }))
})

const MEMBERS = ['name', 'description', 'name_localizations', 'description_localizations'] as const
const body = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string(),
  fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value)),
  fc
    .dictionary(
      fc.constantFrom(...MEMBERS, 'secret', 'secure', 'icon', 'percent_complete', '__proto__', 'default'),
      fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.record({ default: fc.anything({ withBigInt: false }), localizations: fc.jsonValue() }),
        fc.constantFrom('\u0000', '\ud800', 'data:image/png;base64,AAAA', { de: 5 }, { no: null }),
      ),
    )
    .map((value) => JSON.stringify(value)),
  fc.constantFrom(
    '[',
    '{"a":1e999}',
    `${'['.repeat(5000)}`,
    '\ufeff{}',
    '{"percent_complete":1e2}',
    '"\\u0000"',
  ),
)

test('bodies', async () => {
  const property = fc.asyncProperty(version, route, body, async (mount, [method, path], content) => {
    if (method === 'GET') return
    expectDiscord(await raw({ method, path: `/discord/api${mount}${path}`, body: content }))
  })
  await fc.assert(property, { numRuns: 500, seed: 11 })
})

const header = fc.tuple(
  fc.constantFrom(
    'authorization',
    'content-type',
    'accept',
    'accept-language',
    'x-ratelimit-precision',
    'user-agent',
    'x-audit-log-reason',
    'x-forwarded-for',
    'range',
    'if-none-match',
    'expect',
    'cookie',
    'origin',
  ),
  fc.oneof(
    fc.stringMatching(/^[ -~]{0,60}$/),
    fc.constantFrom('multipart/form-data', 'multipart/form-data; boundary=x', 'Bot', 'Bearer ', 'XBL3.0 x=;'),
  ),
)

test('headers', async () => {
  const property = fc.asyncProperty(
    version,
    route,
    fc.array(header, { maxLength: 4 }),
    async (mount, [method, path], pairs) => {
      const headers = Object.fromEntries(pairs.filter(([name]) => name !== 'expect'))
      const content = method === 'GET' ? {} : { body: '{"percent_complete":1}' }
      expectDiscord(await raw({ method, path: `/discord/api${mount}${path}`, headers, ...content }))
    },
  )
  await fc.assert(property, { numRuns: 300, seed: 13 })
})

test('files of the CDN', async () => {
  const property = fc.asyncProperty(segment, segment, segment, fc.string(), async (id, other, file, size) => {
    const path = `/discord/cdn/app-assets/${id}/achievements/${other}/icons/${file}?size=${encodeURIComponent(size.toWellFormed())}`
    expectDiscord(await raw({ method: 'GET', path }))
  })
  await fc.assert(property, { numRuns: 200, seed: 17 })
})

test('after all of it the server is there, and calls nothing its own fault', async () => {
  const own = await ask(`${server.url}/discord/api/v10/users/@me/applications/${application}/achievements`, {
    token: user,
  })
  expect([own.status, own.json()[0].id]).toEqual([200, achievement])
  expect(server.output()).not.toContain('a call failed')
})
