import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answered, ask, freshSnowflake, freshToken } from '../support/discord-requests.ts'
import { type DiscordServer, startDiscordServer } from '../support/discord-server.ts'

let server: DiscordServer

beforeAll(async () => {
  server = await startDiscordServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Calls a route that there is nothing behind: it is counted all the same. */
function call(version: string, application: string, token: string, headers: Record<string, string> = {}) {
  return ask(`${server.url}/api${version}/applications/${application}/achievements`, { token, headers })
}

const LIMITS = ['limit', 'remaining', 'reset', 'reset-after', 'bucket'].map((name) => `x-ratelimit-${name}`)

test.each(['/v8', '/v9', '/v10'])('%s counts in seconds, to the millisecond', async (version) => {
  const [application, token] = [freshSnowflake(), freshToken('Bot')]
  const before = Date.now() / 1000
  const answers = []
  for (let count = 0; count < 6; count += 1) answers.push(await call(version, application, token))
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 429])
  expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual([...'432100'])
  for (const { headers } of answers) {
    expect(LIMITS.filter((name) => !headers.has(name))).toEqual([])
    expect(headers.get('x-ratelimit-limit')).toBe('5')
    expect(headers.get('x-ratelimit-reset')).toMatch(/^\d{10}\.\d{3}$/)
    expect(headers.get('x-ratelimit-reset-after')).toMatch(/^[0-5]\.\d{3}$/)
    const reset = Number(headers.get('x-ratelimit-reset'))
    expect(reset).toBeGreaterThanOrEqual(before + 4.9)
    expect(reset).toBeLessThanOrEqual(Date.now() / 1000 + 5.1)
    expect(headers.has('via') && headers.has('date')).toBe(true)
    expect(headers.get('content-type')).toBe('application/json')
    expect(headers.has('x-ratelimit-global')).toBe(false)
  }
  const refused = answers[5] as Answered
  const { retry_after: wait, ...rest } = refused.json()
  expect(rest).toEqual({ message: 'You are being rate limited.', global: false })
  expect(wait).toBe(Number(refused.headers.get('x-ratelimit-reset-after')))
  expect(refused.headers.get('retry-after')).toBe(String(Math.ceil(wait)))
  expect(refused.headers.get('x-ratelimit-scope')).toBe('user')
})

test.each(['', '/v6', '/v7'])('"%s" waits in milliseconds, and counts in whole seconds', async (version) => {
  const [application, token] = [freshSnowflake(), freshToken('Bot')]
  const first = await call(version, application, token)
  expect(first.headers.get('x-ratelimit-reset')).toMatch(/^\d{10}$/)
  expect(first.headers.get('x-ratelimit-reset-after')).toBe('5')
  const precise = await call(version, application, token, { 'X-RateLimit-Precision': 'millisecond' })
  expect(precise.headers.get('x-ratelimit-reset')).toMatch(/^\d{10}\.\d{3}$/)
  for (let count = 0; count < 3; count += 1) await call(version, application, token)
  const refused = await call(version, application, token)
  const { retry_after: wait, ...rest } = refused.json()
  expect([refused.status, rest]).toEqual([429, { message: 'You are being rate limited.', global: false }])
  expect(wait).toBeGreaterThan(1000)
  expect(refused.headers.get('retry-after')).toBe(String(wait))
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

test('where no route is reached nothing is counted', async () => {
  for (const path of ['/api/v10/nothing', '/api/v5/applications/1/achievements', '/cdn/nothing']) {
    const { headers } = await ask(server.url + path)
    expect([headers.get('via'), headers.get('x-ratelimit-limit')]).toEqual(['1.1 laurel', null])
  }
})
