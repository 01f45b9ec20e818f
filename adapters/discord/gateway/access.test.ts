import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CreatePlayerRequest, PlayerServiceClient } from '../../../src/gen/laurel/v1/player_service.ts'
import { callUnary, createClient } from '../../../test/support/client.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { type RunningServer, startServer } from '../../../test/support/server.ts'
import { openDiscordAuth } from '../testing/auth.ts'
import { ask, freshSnowflake } from '../testing/requests.ts'

const application = freshSnowflake()
const list = `applications/${application}/achievements`
const UNAUTHORIZED = [401, { message: '401: Unauthorized', code: 0 }]
const MISSING_ACCESS = [403, { message: 'Missing Access', code: 50001 }]

let auth: Awaited<ReturnType<typeof openDiscordAuth>>
let database: TestDatabase
let server: RunningServer
let open: string
let secure: string

beforeAll(async () => {
  auth = await openDiscordAuth(`discord-${application}`)
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  const create = async (body: object) =>
    (await call('POST', list, auth.operator, { name: 'x', description: '', ...body })).json().id
  open = await create({})
  secure = await create({ secure: true, secret: true })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  auth[Symbol.dispose]()
})

function call(method: string, path: string, token?: string, json?: object) {
  const url = `${server.url}/discord/api/v10/${path}`
  return ask(url, { method, ...(token && { token }), ...(json && { json }) })
}

async function outcome(...asked: Parameters<typeof call>) {
  const response = await call(...asked)
  return [response.status, response.json()]
}

/** The seven ways, each with a body that would be taken. */
function ways(user: string): [method: string, path: string, json?: object][] {
  return [
    ['GET', list],
    ['GET', `${list}/${open}`],
    ['POST', list, { name: 'y', description: '' }],
    ['PATCH', `${list}/${open}`, { name: 'y' }],
    ['DELETE', `${list}/${open}`],
    ['PUT', `users/${user}/${list}/${open}`, { percent_complete: 10 }],
    ['GET', `users/@me/${list}`],
  ]
}

describe('an unknown caller', () => {
  test.each([undefined, 'Bot nobody', 'Bearer a.b.c', '7000000000000000'])(
    'is refused with the credential %s',
    async (token) => {
      for (const [method, path, json] of ways(freshSnowflake())) {
        expect(await outcome(method, path, token, json)).toEqual(UNAUTHORIZED)
        const broken = await ask(`${server.url}/discord/api/v10/${path}`, {
          method,
          ...(token && { token }),
          ...(method === 'GET' ? {} : { body: 'not even JSON' }),
        })
        // Without a permission they learn nothing, not even which problem their body has.
        if (broken.status !== 429) expect([broken.status, broken.json()]).toEqual(UNAUTHORIZED)
      }
    },
  )

  test('is asked who they are by the CDN', async () => {
    const path = `/discord/cdn/app-assets/${application}/achievements/${open}/icons/${'0'.repeat(32)}.png`
    expect((await ask(server.url + path)).status).toBe(404)
  })
})

test('a bot manages its own application, and no other', async () => {
  const other = `applications/${freshSnowflake()}/achievements`
  expect((await call('GET', list, auth.bot)).json()).toHaveLength(2)
  const created = await call('POST', list, auth.bot, { name: 'z', description: '' })
  expect(created.status).toBe(200)
  const one = `${list}/${created.json().id}`
  expect((await call('PATCH', one, auth.bot, { secret: true })).json().secret).toBe(true)
  // An operator may do it, but a service may not.
  expect(await outcome('DELETE', one, auth.bot)).toEqual(MISSING_ACCESS)
  expect((await call('DELETE', one, auth.operator)).status).toBe(204)
  expect(await outcome('POST', other, auth.bot, { name: 'z', description: '' })).toEqual(MISSING_ACCESS)
  expect((await call('POST', other, auth.operator, { name: 'z', description: '' })).status).toBe(200)
  expect(await outcome('GET', other, auth.bot)).toEqual(MISSING_ACCESS)
  const progress = `users/${freshSnowflake()}/${list}`
  expect(await outcome('PUT', `${progress}/${secure}`, auth.bot, { percent_complete: 5 })).toEqual([200, {}])
  const noUser = [403, { message: 'Bots cannot use this endpoint', code: 20001 }]
  expect(await outcome('GET', `users/@me/${list}`, auth.bot)).toEqual(noUser)
  expect(await outcome('GET', `users/@me/${list}`, auth.bot.replace('Bot', 'Bearer'))).toEqual(noUser)
})

test('a player manages nothing, and reports only achievements that are not secure, only for itself', async () => {
  const [user, other] = [freshSnowflake(), freshSnowflake()]
  const token = await auth.playerBy('discord', user)
  for (const [method, path, json] of ways(other).slice(0, 6)) {
    expect([method, path, ...(await outcome(method, path, token, json))]).toEqual([
      method,
      path,
      ...MISSING_ACCESS,
    ])
  }
  const own = (who: string, id: string) =>
    outcome('PUT', `users/${who}/${list}/${id}`, token, { percent_complete: 60 })
  expect(await own(user, secure)).toEqual([
    403,
    { message: 'You are not authorized to perform this action on this application', code: 20012 },
  ])
  expect(await own(user, open)).toEqual([200, {}])
  expect(await own('@me', open)).toEqual([200, {}])
  const [status, progressEntry] = await outcome('GET', `users/@me/${list}`, token)
  expect([status, progressEntry]).toEqual([
    200,
    [expect.objectContaining({ user_id: user, percent_complete: 60 })],
  ])
})

test('a player’s refused report for another account does not register that account', async () => {
  const [user, victim] = [freshSnowflake(), freshSnowflake()]
  const token = await auth.playerBy('discord', user)
  const body = { percent_complete: 60 }
  expect(await outcome('PUT', `users/${victim}/${list}/${open}`, token, body)).toEqual(MISSING_ACCESS)
  await createPlayer(`player-${victim}`, victim)
})

test('a player whom Laurel knows by another name is called by the account, if there is one', async () => {
  const account = freshSnowflake()
  const [known, unknown] = [`player-${account}`, `nobody-${account}`]
  await createPlayer(known, account)
  const own = async (id: string) =>
    (await call('GET', `users/@me/${list}`, await auth.playerBy('laurel', id))).json()
  const [mine, theirs] = [await own(known), await own(unknown)]
  expect(mine).toMatchObject([{ id: open, user_id: account }])
  expect(theirs).toMatchObject([{ id: open, user_id: null }])
  const text = JSON.stringify([mine, theirs])
  expect(text.includes(known) || text.includes(unknown)).toBe(false)
  const token = await auth.playerBy('discord', account)
  expect((await call('GET', `users/@me/${list}`, token)).json()).toEqual(mine)
})

async function createPlayer(playerId: string, accountId: string): Promise<void> {
  using players = createClient(PlayerServiceClient, server.address)
  const request = CreatePlayerRequest.fromPartial({
    player: { playerId, displayName: 'Ada', accounts: [{ dialect: 'discord', accountId }] },
    requestId: randomUUID(),
  })
  await callUnary(players, 'createPlayer', request, { metadata: { authorization: auth.operator } })
}
