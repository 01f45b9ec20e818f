import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Answered, ask, freshSnowflake, freshToken } from '../testing/requests.ts'
import { type DiscordServer, startDiscordServer } from '../testing/server.ts'

const NOW = Date.parse('2024-02-03T04:05:06.789Z')

let server: DiscordServer

beforeAll(async () => {
  server = await startDiscordServer()
  // The clock of the host stands still, so that all calls are of the same five seconds.
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
})
afterAll(async () => {
  vi.useRealTimers()
  await server[Symbol.asyncDispose]()
})

/** Calls a route that there is nothing behind: it is counted all the same. */
function call(version: string, application: string, token: string, headers: Record<string, string> = {}) {
  return ask(`${server.url}/api${version}/applications/${application}/achievements`, { token, headers })
}

const LIMITS = ['limit', 'remaining', 'reset', 'reset-after', 'bucket'].map((name) => `x-ratelimit-${name}`)

test.each(['/v8', '/v9', '/v10'])('%s counts in seconds, to the millisecond', async (version) => {
  const [application, token] = [freshSnowflake(), freshToken('Bot')]
  const responses = []
  for (let count = 0; count < 6; count += 1) responses.push(await call(version, application, token))
  expect(responses.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 429])
  expect(responses.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual([...'432100'])
  for (const { headers } of responses) {
    expect(LIMITS.filter((name) => !headers.has(name))).toEqual([])
    expect(headers.get('x-ratelimit-limit')).toBe('5')
    expect(headers.get('x-ratelimit-reset')).toBe((NOW / 1000 + 5).toFixed(3))
    expect(headers.get('x-ratelimit-reset-after')).toBe('5.000')
    expect(headers.has('via') && headers.has('date')).toBe(true)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.has('x-ratelimit-global')).toBe(false)
  }
  const refused = responses[5] as Answered
  const { retry_after: wait, ...rest } = refused.json()
  expect(rest).toEqual({ message: 'You are being rate limited.', global: false })
  expect(wait).toBe(5)
  expect(refused.headers.get('retry-after')).toBe('5')
  expect(refused.headers.get('x-ratelimit-scope')).toBe('user')
})

test.each(['', '/v6', '/v7'])('"%s" waits in milliseconds, and counts in whole seconds', async (version) => {
  const [application, token] = [freshSnowflake(), freshToken('Bot')]
  const first = await call(version, application, token)
  expect(first.headers.get('x-ratelimit-reset')).toBe(String(Math.ceil(NOW / 1000) + 5))
  expect(first.headers.get('x-ratelimit-reset-after')).toBe('5')
  const precise = await call(version, application, token, { 'X-RateLimit-Precision': 'millisecond' })
  expect(precise.headers.get('x-ratelimit-reset')).toBe((NOW / 1000 + 5).toFixed(3))
  for (let count = 0; count < 3; count += 1) await call(version, application, token)
  const refused = await call(version, application, token)
  const { retry_after: wait, ...rest } = refused.json()
  expect([refused.status, rest]).toEqual([429, { message: 'You are being rate limited.', global: false }])
  expect(wait).toBe(5000)
  expect(refused.headers.get('retry-after')).toBe('5000')
})

test('a caller that waits as long as the response says is served, and no earlier', async () => {
  const [application, token] = [freshSnowflake(), freshToken('Bot')]
  const statusAt = async (milliseconds: number) => {
    vi.setSystemTime(NOW + milliseconds)
    return (await call('/v10', application, token)).status
  }
  const statuses = []
  for (const time of [0, 100, 300, 600, 1000, 4000, 4999, 5000]) statuses.push(await statusAt(time))
  vi.setSystemTime(NOW)
  expect(statuses).toEqual([404, 404, 404, 404, 404, 429, 429, 404])
})

test('a bucket is of a route, an application and a caller, whichever version and alias is called', async () => {
  const [application, token] = [freshSnowflake(), freshToken('Bot')]
  const left = async (path: string, init: Parameters<typeof ask>[1] = {}) => {
    const { headers } = await ask(`${server.url}/api${path}`, { token, ...init })
    return [headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')].join(': ')
  }
  const list = `/applications/${application}/achievements`
  expect(await left(`/v10${list}`)).toBe('5: 4')
  expect(await left(`/v6/oauth2${list}`)).toBe('5: 3')
  expect(await left(`/v10${list}`, { token: freshToken('Bot') })).toBe('5: 4')
  expect(await left(`/v10/applications/${freshSnowflake()}/achievements`)).toBe('5: 4')
  expect(await left(`/v10${list}`, { method: 'POST' })).toBe('5: 4')
  expect(await left(`/v10${list}/1`)).toBe('5: 4')
  expect(await left(`/v10${list}/2`)).toBe('5: 3')
  expect(await left(`/v10${list}/2`, { method: 'PATCH' })).toBe('5: 4')
  expect(await left(`/v10${list}/2`, { method: 'DELETE' })).toBe('5: 4')
  expect(await left(`/v10/users/1${list}/2`, { method: 'PUT' })).toBe('5: 4')
  expect(await left(`/v10/users/2${list}/3`, { method: 'PUT' })).toBe('5: 3')
  expect(await left(`/v10/users/@me${list}`)).toBe('2: 1')
  expect(await left(`/v10${list}`)).toBe('5: 2')
})

test('a request without a route is not counted', async () => {
  for (const path of ['/api/v10/nothing', '/api/v5/applications/1/achievements', '/cdn/nothing']) {
    const { headers } = await ask(server.url + path)
    expect([headers.get('via'), headers.get('x-ratelimit-limit')]).toEqual(['1.1 laurel', null])
  }
})
