import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { linkAccount } from '../../../src/service/players/accounts.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import { revokeAchievement } from '../../../src/service/progress/enforcement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { callOf } from '../../../test/support/services.ts'
import { ask, freshSnowflake, freshToken } from '../testing/requests.ts'
import { type DiscordServer, startDiscordServer } from '../testing/server.ts'

let server: DiscordServer

beforeAll(async () => {
  server = await startDiscordServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Creates an application with an achievement, and a player. */
async function play(body: object = {}) {
  const [application, user] = [freshSnowflake(), freshSnowflake()]
  const list = `${server.url}/api/v10/applications/${application}/achievements`
  const json = { name: 'First', description: 'Light', ...body }
  const { id } = (await ask(list, { method: 'POST', token: freshToken('Bot'), json })).json()
  const path = `applications/${application}/achievements`
  return {
    application,
    user,
    id: id as string,
    titleId: `discord-${application}`,
    put: (percent: unknown, version = 10) =>
      ask(`${server.url}/api/v${version}/users/${user}/${path}/${id}`, {
        method: 'PUT',
        token: freshToken('Bot'),
        json: { percent_complete: percent },
      }),
    /** Twice in 5 seconds, and no more: the token is who they are. */
    own: async (version = 10) =>
      (await ask(`${server.url}/api/v${version}/users/@me/${path}`, { token: `Bearer ${user}` })).json(),
  }
}

test('every percent reads back as itself, and a lower one changes nothing', async () => {
  const { put, titleId, user, id } = await play()
  const percent = async () =>
    (
      await getProgress(
        server.services,
        { titleId, playerId: `discord:${user}`, achievementId: id },
        callOf(),
      )
    ).progress.percent
  for (let value = 0; value <= 100; value += 1) {
    const lower = Math.max(0, value - 7)
    for (const said of [value, lower]) {
      const response = await put(said, 6 + (value % 5))
      expect([response.status, response.text]).toEqual([200, '{}'])
      if (value > 0) expect(await percent()).toBe(value)
    }
  }
})

test('concurrent updates end at the highest value, with one unlock', async () => {
  const { put, own } = await play()
  const percents = [10, 90, 30, 70, 50, 20, 60, 80, 40, 15]
  const responses = await Promise.all(percents.map((percent) => put(percent)))
  expect(responses.every(({ status }) => status === 200)).toBe(true)
  expect(await own()).toMatchObject([{ percent_complete: 90, unlocked_at: null }])
  await Promise.all(percents.map(() => put(100)))
  expect(await own()).toMatchObject([{ percent_complete: 100, unlocked_at: expect.any(String) }])
})

test('a secret shows when it is complete, and the definition says all of it to bots', async () => {
  const { put, own } = await play({ secret: true })
  await put(99)
  expect(await own()).toEqual([])
  await put(100)
  expect(await own(6)).toMatchObject([{ name: { default: 'First' }, secret: true, percent_complete: 100 }])
})

test('a revoked unlock reads as locked', async () => {
  const { put, own, titleId, user, id } = await play()
  await put(100)
  const request = { titleId, playerId: `discord:${user}`, achievementId: id, reason: 'cheated' }
  await revokeAchievement(server.services, { ...request, requestId: undefined }, callOf())
  expect(await own()).toMatchObject([{ percent_complete: 0, unlocked_at: null }])
})

test('a linked account writes to its player, and an unknown account creates one', async () => {
  const { put, own, titleId, user, id } = await play()
  const { services } = server
  expect(await own()).toMatchObject([{ user_id: user, percent_complete: 0, unlocked_at: null }])
  const playerId = `player-${user}`
  const player = { id: playerId, displayName: 'Ada', accounts: [] }
  await createPlayer(services, { player, requestId: undefined }, callOf())
  const account = { dialect: 'discord', id: user }
  await linkAccount(services, { playerId, account, requestId: undefined }, callOf())
  await put(40)
  const { progress } = await getProgress(services, { titleId, playerId, achievementId: id }, callOf())
  expect(progress.percent).toBe(40)
  expect(await own()).toMatchObject([{ user_id: user, percent_complete: 40 }])
})

describe('a percent', () => {
  test.each([
    [101, 'NUMBER_TYPE_MAX', 'int value should be less than or equal to 100.'],
    [-1, 'NUMBER_TYPE_MIN', 'int value should be greater than or equal to 0.'],
    [2.5, 'NUMBER_TYPE_COERCE', 'Value "2.5" is not int.'],
    ['half', 'NUMBER_TYPE_COERCE', 'Value "half" is not int.'],
    [true, 'NUMBER_TYPE_COERCE', 'Value "true" is not int.'],
    [[50], 'NUMBER_TYPE_COERCE', 'Value "[…]" is not int.'],
    [null, 'BASE_TYPE_REQUIRED', 'This field is required'],
  ])('of %j is refused', async (percent, code, message) => {
    const { put } = await play()
    const refused = await put(percent)
    expect([refused.status, refused.json()]).toEqual([
      400,
      {
        message: 'Invalid Form Body',
        code: 50035,
        errors: { percent_complete: { _errors: [{ code, message }] } },
      },
    ])
    expect((await put(percent, 6)).json()).toEqual({ percent_complete: [message] })
  })

  test('may be an exact number or its digits', async () => {
    const { put, own } = await play()
    expect((await put('40')).status).toBe(200)
    expect(await own()).toMatchObject([{ percent_complete: 40 }])
    expect((await put(41.0)).status).toBe(200)
  })
})

test('an impossible request is refused with a text', async () => {
  const { put, titleId, id } = await play()
  const window = { start: 0n, end: 1n }
  const patch = { kind: 'challenge', window } as const
  const request = { titleId, achievementId: id, etag: undefined, patch, requestId: undefined }
  await updateAchievement(server.services, request, callOf())
  expect((await put(99)).status).toBe(200)
  const refused = await put(100)
  const message = `achievement ${id}: the challenge unlocks only inside its window`
  expect([refused.status, refused.json()]).toEqual([400, { message, code: 0 }])
})

test('the progress of other users is not found, and @me requires a token of a user', async () => {
  const { application, user } = await play()
  const get = (who: string, token?: string) =>
    ask(`${server.url}/api/v10/users/${who}/applications/${application}/achievements`, token ? { token } : {})
  expect((await get(user, freshToken('Bot'))).json()).toEqual({ message: '404: Not Found', code: 0 })
  expect((await get('@me', `Bot ${user}`)).json()).toEqual({
    message: 'Bots cannot use this endpoint',
    code: 20001,
  })
  for (const token of [undefined, 'Bearer somebody', 'Bearer 0', 'XBL3.0 x=1;x']) {
    const refused = await get('@me', token)
    expect([refused.status, refused.json()]).toEqual([401, { message: '401: Unauthorized', code: 0 }])
  }
  expect((await get('@me', user)).status).toBe(200)
})
