import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPlayer } from '../../../src/service/players/players.ts'
import { callOf } from '../../../test/support/services.ts'
import { openXboxAuth } from '../testing/auth.ts'
import { createXboxTitle, linkPlayer, startXbox, type XboxIds, type XboxServer } from '../testing/server.ts'
import { LISTS, serviceError } from '../testing/strict-model.ts'

const [OWN, OTHER] = ['2533274600000001', '2533274600000002']
const SECRET_PLAYER = 'player-id-of-laurel'
const SERVICE_KEY = 'key-of-a-job-0123456789'
const service = { authorization: `XBL3.0 x=1;${SERVICE_KEY}` }
const entries = { achievements: [{ id: '1', percentComplete: 10 }] }

let auth: Awaited<ReturnType<typeof openXboxAuth>>
let xbox: XboxServer
let mine: XboxIds
let foreign: XboxIds
let own: { readonly authorization: string }

beforeAll(async () => {
  auth = await openXboxAuth(SERVICE_KEY, 'mine')
  xbox = await startXbox(auth.env)
  mine = await createXboxTitle(xbox.services, 'mine', 11, [{}, { serverOnly: true }])
  foreign = await createXboxTitle(xbox.services, 'foreign', 12, [{}])
  await linkPlayer(xbox.services, SECRET_PLAYER, OTHER)
  own = await auth.headerFor(OWN)
})
afterAll(async () => {
  await xbox[Symbol.asyncDispose]()
  auth[Symbol.dispose]()
})

const update = (user: string, { scid }: XboxIds, headers: Readonly<Record<string, string>>, id = '1') =>
  xbox.ask(`/users/${user}/achievements/${scid}/update`, {
    headers,
    body: { achievements: [{ id, percentComplete: 10 }] },
  })

test.each(['/achievements', '/achievements?titleId=11', '/history/titles', '/titleachievements'])(
  'an unknown caller does not read %s',
  async (path) => {
    for (const headers of [{}, { authorization: 'XBL3.0 x=1;nonsense' }, { authorization: 'XBL3.0 x=;' }]) {
      const response = await xbox.ask(`/users/xuid(${OWN})${path}`, { contract: 1, headers })
      expect(response.status).toBe(401)
      expect(serviceError.parse(response.json()).code).toBe(23)
    }
  },
)

test('an unknown caller does not write', async () => {
  expect((await update(`xuid(${OWN})`, mine, {})).status).toBe(401)
})

test('a player is me, before the first write and after it', async () => {
  const [before, byId] = await Promise.all([
    xbox.list('/users/me/achievements?titleId=11', own),
    xbox.list(`/users/xuid(${OWN})/achievements?titleId=11`, own),
  ])
  expect(before).toEqual(byId)
  expect((await update('Me', mine, own)).status).toBe(200)
  const after = await xbox.list('/users/ME/achievements', own)
  expect(after.achievements.map(({ id, progressState }) => [id, progressState])).toEqual([
    ['1', 'InProgress'],
    ['2', 'NotStarted'],
  ])
})

test('a player reads and writes no other player, and responses have no id of Laurel', async () => {
  const responses = [
    await xbox.ask(`/users/xuid(${OTHER})/achievements?titleId=11`, { headers: own }),
    await xbox.ask(`/users/xuid(${OTHER})/achievements/${mine.scid}/1`, { headers: own }),
    await xbox.ask(`/users/xuid(${OTHER})/history/titles`, { headers: own }),
    await update(`xuid(${OTHER})`, mine, own),
  ]
  for (const response of responses) {
    expect(response.status).toBe(403)
    expect(serviceError.parse(response.json()).code).toBe(4500)
    expect(response.text).not.toContain(SECRET_PLAYER)
  }
})

test('a refused update registers no account', async () => {
  const otherPlayer = '2533274600000099'
  expect((await update(`xuid(${otherPlayer})`, mine, own)).status).toBe(403)
  expect((await update(`xuid(${otherPlayer})`, foreign, service)).status).toBe(403)
  const find = findPlayer(xbox.services, { dialect: 'xbox', accountId: otherPlayer }, callOf())
  await expect(find).rejects.toMatchObject({ code: 'not_found' })
})

test('only servers write what only servers report', async () => {
  expect((await update('me', mine, own, '2')).status).toBe(403)
  expect((await update(`xuid(${OWN})`, mine, service, '2')).status).toBe(200)
})

test('a service writes for any player in its title, and has no progress of its own', async () => {
  expect((await update(`xuid(${OTHER})`, mine, service)).status).toBe(200)
  const list = await xbox.ask(`/users/xuid(${OTHER})/achievements?titleId=11`, { headers: service })
  expect(LISTS[2].parse(list.json()).achievements[0]?.progressState).toBe('InProgress')
  expect((await update(`xuid(${OTHER})`, foreign, service)).status).toBe(403)
  expect((await update('me', mine, service)).status).toBe(403)
  const { achievements } = entries
  const body = { userId: OWN, achievements }
  const path = `/users/xuid(${OTHER})/achievements/${mine.scid}/update`
  expect((await xbox.ask(path, { headers: service, body })).status).toBe(403)
})
