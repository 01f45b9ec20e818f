import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../../src/model/limits.ts'
import { writeResumeToken } from '../../src/service/events/resume-token.ts'
import { BrowserWatch, openWatch } from '../support/event-source.ts'
import { TITLE_ID } from '../support/fixture.ts'
import { type OpenAndClosed, startOpenAndClosed } from '../support/open-and-closed.ts'
import { record } from '../support/relay.ts'
import type { RunningServer } from '../support/server.ts'

const ORIGIN = 'https://overlay.example'
const SELF = `title_id=${TITLE_ID}`

let servers: OpenAndClosed
let open: RunningServer
let closed: RunningServer
let auth: OpenAndClosed['auth']

beforeAll(async () => {
  servers = await startOpenAndClosed({ LAUREL_ALLOWED_ORIGINS: ORIGIN })
  ;({ open, closed, auth } = servers)
})
afterAll(() => servers[Symbol.asyncDispose]())

/** Sends a request and returns the response; of a stream only the headers. */
async function send(url: string, query: string, init: RequestInit = {}) {
  const controller = new AbortController()
  const response = await fetch(`${url}/events?${query}`, { ...init, signal: controller.signal })
  const { status, headers } = response
  const streams = headers.get('content-type') === 'text/event-stream'
  const text = streams ? '' : await response.text()
  controller.abort()
  return { status, headers, body: text === '' ? undefined : JSON.parse(text) }
}

describe('a query', () => {
  test.each([
    ['', 'title_id must be set'],
    ['title_id=', 'title_id must be set'],
    [`${SELF}&title_id=b`, 'title_id must be given once'],
    [`title_id=${'x'.repeat(LIMITS.id + 1)}`, `title_id must be at most ${LIMITS.id} characters`],
    ['title_id=a%00b', 'title_id must not hold control characters'],
    [`${SELF}&playerid=ann`, '"playerid" is none of title_id, view,'],
    [`${SELF}&__proto__=1`, '"__proto__" is none of'],
    [`${SELF}&player_id=`, 'player_id must be set'],
    [`${SELF}&kind=unlock`, 'kind must be one of progressed, unlocked,'],
    [`${SELF}&kind=`, 'kind must be one of'],
    [`${SELF}&view=public`, 'view must be full or player'],
    [`${SELF}&from_oldest=1`, 'from_oldest must be false or true'],
    [
      `${SELF}&${Array.from({ length: LIMITS.filterIds + 1 }, (_, index) => `player_id=${index}`).join('&')}`,
      `player_id must be given at most ${LIMITS.filterIds} times`,
    ],
  ])('such as %.60s is rejected', async (query, problem) => {
    const { status, body } = await send(open.url, query)
    expect([status, body.reason]).toEqual([400, 'INVALID_FIELD'])
    expect(body.error).toContain(problem)
  })

  test('with several problems is rejected with all of them', async () => {
    const { body } = await send(open.url, 'view=x&kind=y&color=red')
    for (const field of ['title_id', 'view', 'kind', '"color"']) expect(body.error).toContain(`${field} `)
  })

  test('of any text gets a status of the contract, never an internal error', async () => {
    const name = fc.oneof(
      fc.constantFrom('title_id', 'player_id', 'kind', 'view', 'from_oldest', 'resume_token', 'lastEventId'),
      fc.string(),
    )
    const value = fc.oneof(
      fc.constantFrom(TITLE_ID, 'player', 'true', '', 'unlocked', '%', '%zz', '%ff', '\u0000', '__proto__'),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.base64String(),
    )
    const raw = fc.string({ unit: fc.constantFrom(...'%&=+#;:@/?\\[]{}|^~ "\'<>0afé'), maxLength: 40 })
    const written = fc
      .array(fc.tuple(name, value), { maxLength: 6 })
      .map((pairs) =>
        pairs.map(
          ([key, text]) => `${encodeURI(key.toWellFormed())}=${encodeURIComponent(text.toWellFormed())}`,
        ),
      )
      .map((pairs) => pairs.join('&'))
    const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_=. %'), maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(fc.oneof(written, raw), token, async (query, lastEventId) => {
        const { status } = await send(open.url, query, { headers: { 'last-event-id': lastEventId } })
        expect([200, 400, 404]).toContain(status)
      }),
      { numRuns: 300 },
    )
  })
})

test('a title that does not exist is rejected', async () => {
  const { status, body } = await send(open.url, 'title_id=nowhere')
  expect([status, body.reason]).toEqual([404, 'TITLE_NOT_FOUND'])
})

test('a token that no watch of the title gave is rejected', async () => {
  for (const token of ['nonsense', writeResumeToken('another', 1n), writeResumeToken(TITLE_ID, 10n ** 9n)]) {
    const first = await send(open.url, `${SELF}&resume_token=${token}`)
    expect([first.status, first.body.reason]).toEqual([400, 'RESUME_TOKEN_INVALID'])
    const again = await send(open.url, SELF, { headers: { 'last-event-id': token } })
    expect([again.status, again.body.reason]).toEqual([400, 'RESUME_TOKEN_INVALID'])
  }
})

test('a token whose events were purged gets the oldest valid token, and a browser gives up', async () => {
  using watch = await openWatch(open.url, { query: [['title_id', TITLE_ID]] })
  await record(open.address, [{ playerId: 'gina', achievementId: 'plain' }])
  await watch.until(({ events }) => events.length === 1)
  const client = new pg.Client({ connectionString: servers.databaseUrl })
  await client.connect()
  const last = watch.ids[0]
  await client.query('insert into event_marks (position, time) values ($1, 17000000000000000)', [last])
  await client.query('delete from event_marks where position < $1', [last])
  const old = writeResumeToken(TITLE_ID, 0n)
  const { status, body } = await send(open.url, `${SELF}&resume_token=${old}`)
  expect(status).toBe(410)
  expect(body).toEqual({
    error: expect.stringContaining('not kept any more'),
    reason: 'RESUME_TOKEN_EXPIRED',
    title_id: TITLE_ID,
    oldest_time: '2023-11-14T22:13:20Z',
    oldest_resume_token: watch.events[0]?.token,
  })
  using gone = new BrowserWatch(open.url, {
    query: [
      ['title_id', TITLE_ID],
      ['resume_token', old],
    ],
  })
  await expect(gone.until(() => false)).rejects.toThrow('status 410')
  expect((await send(open.url, `${SELF}&resume_token=${body.oldest_resume_token}`)).status).toBe(200)
  await client.query('insert into event_marks (position, time) values (0, 0)')
  await client.end()
})

test.each(['HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
  '%s is rejected with 405',
  async (method) => {
    const { status, headers } = await send(open.url, SELF, { method })
    expect([status, headers.get('allow')]).toEqual([405, 'GET'])
  },
)

test('a caller is authenticated first, and sees only permitted events', async () => {
  const ann = await auth.player('ann')
  const own = `${SELF}&player_id=ann&view=player`
  const status = async (token: string | undefined, query: string) => {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return (await send(closed.url, query, { headers })).status
  }
  // An anonymous caller gets 401 even for a bad query.
  expect(await status(undefined, 'color=red')).toBe(401)
  expect(await status(undefined, own)).toBe(401)
  expect(await status('forged', own)).toBe(401)
  expect(await status(undefined, `${own}&authorization=${auth.operator}`)).toBe(401)
  expect(await status(auth.operator, SELF)).toBe(200)
  expect(await status(auth.service, SELF)).toBe(200)
  expect(await status(auth.service, 'title_id=another')).toBe(403)
  expect(await status(ann, own)).toBe(200)
  for (const query of [SELF, `${SELF}&view=player`, `${SELF}&player_id=ann`, `${own}&player_id=ben`]) {
    expect(await status(ann, query)).toBe(403)
  }
  expect(await status(ann, own.replace(TITLE_ID, 'another'))).toBe(403)
})

test('a player receives only their own events', async () => {
  const headers = { authorization: `Bearer ${await auth.player('ann')}` }
  const query = Object.entries({ title_id: TITLE_ID, player_id: 'ann', view: 'player' })
  using watch = await openWatch(closed.url, { query, headers })
  await record(open.address, [
    { playerId: 'ben', achievementId: 'plain' },
    { playerId: 'ann', achievementId: 'plain' },
  ])
  await watch.until(({ events }) => events.length === 1)
  expect(watch.events[0]?.data['player_id']).toBe('ann')
})

describe('a page', () => {
  const preflight = (url: string, origin: string) =>
    send(url, SELF, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x' },
    })
  const allowing = (headers: Headers) =>
    [...headers.keys()].filter((name) => /^access-control|^vary/.test(name))

  test('of an allowed origin reads events and errors, and may send a credential', async () => {
    for (const query of [SELF, 'color=red', 'title_id=nowhere']) {
      const { headers } = await send(open.url, query, { headers: { origin: ORIGIN } })
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(headers.get('vary')).toBe('origin')
    }
    const { status, headers } = await preflight(open.url, ORIGIN)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(headers.get('access-control-allow-methods')).toBe('GET')
    expect(headers.get('access-control-allow-headers')).toBe('authorization,last-event-id')
    expect(headers.has('access-control-allow-credentials')).toBe(false)
  })

  test.each([
    'https://evil.example',
    `${ORIGIN}.evil.example`,
    'null',
    'http://overlay.example',
    `${ORIGIN}:444`,
  ])('of the origin %s reads nothing', async (origin) => {
    for (const query of [SELF, 'color=red']) {
      expect(allowing((await send(open.url, query, { headers: { origin } })).headers)).toEqual(['vary'])
    }
    const { status, headers } = await preflight(open.url, origin)
    expect([status, allowing(headers)]).toEqual([405, ['vary']])
  })

  test('of any origin reads nothing if no origin is allowed', async () => {
    const authorization = `Bearer ${auth.operator}`
    const { headers } = await send(closed.url, SELF, { headers: { origin: ORIGIN, authorization } })
    expect(allowing(headers)).toEqual([])
    const refused = await preflight(closed.url, ORIGIN)
    expect([refused.status, allowing(refused.headers)]).toEqual([405, []])
  })
})
