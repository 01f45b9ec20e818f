import { afterAll, beforeAll, expect, test } from 'vitest'
import { admitAccount } from '../../../src/service/players/accounts.ts'
import { callOf } from '../../../test/support/services.ts'
import { ask, freshSnowflake, freshToken } from '../testing/requests.ts'
import { type DiscordServer, startDiscordServer } from '../testing/server.ts'

let server: DiscordServer
const application = freshSnowflake()
const list = `applications/${application}/achievements`

beforeAll(async () => {
  server = await startDiscordServer({ strict: true })
})
afterAll(() => server[Symbol.asyncDispose]())

async function call(method: string, path: string, token: string | undefined, json?: object) {
  const url = `${server.url}/api/v9/${path}`
  const response = await ask(url, { method, ...(token && { token }), ...(json && { json }) })
  return [response.status, response.text === '' ? null : response.json()]
}

test('only bots manage, bots set secure achievements of known users, and users set the others', async () => {
  const bot = () => freshToken('Bot')
  const define = async (secure: boolean) => {
    const [status, { id }] = await call('POST', list, bot(), { name: 'x', description: 'y', secure })
    expect(status).toBe(200)
    return `${list}/${id}`
  }
  const [open, secure] = [await define(false), await define(true)]
  for (const token of [freshToken('Bearer'), undefined, freshSnowflake()]) {
    for (const [method, path] of [
      ['GET', list],
      ['GET', open],
      ['POST', list],
      ['PATCH', open],
      ['DELETE', open],
    ] as const) {
      expect(await call(method, path, token)).toEqual([401, { message: '401: Unauthorized', code: 0 }])
    }
  }

  const user = freshSnowflake()
  const put = (achievement: string, token: string) =>
    call('PUT', `users/${user}/${achievement}`, token, { percent_complete: 30 })
  expect(await put(open, bot())).toEqual([403, { message: 'Unauthorized', code: 40001 }])
  expect(await put(secure, bot())).toEqual([404, { message: 'Unknown Entitlement', code: 10029 }])
  expect(await put(secure, `Bearer ${user}`)).toEqual([
    403,
    { message: 'You are not authorized to perform this action on this application', code: 20012 },
  ])
  await admitAccount(server.services, { dialect: 'discord', id: user }, callOf())
  expect(await put(secure, bot())).toEqual([200, {}])
  expect(await put(open, user)).toEqual([200, {}])
  const [, progressEntry] = await call('GET', `users/@me/${list}`, user)
  expect(progressEntry.map((each: { percent_complete: number }) => each.percent_complete)).toEqual([30, 30])
})
