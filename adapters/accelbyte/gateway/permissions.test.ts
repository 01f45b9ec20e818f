import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { linkAccount } from '../../../src/service/players/accounts.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import { achievementOf } from '../../../test/support/records.ts'
import { callOf } from '../../../test/support/services.ts'
import { gateway } from '../gateway.ts'
import { openAccelByteAuth, type Permission } from '../testing/auth.ts'
import { type AccelByteClient, type Asked, definition, OPERATIONS } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'

type Name = keyof typeof OPERATIONS

const TITLE = 'harbor-lights'
const [OWN, OTHER, SECRET_PLAYER] = ['own-user', 'other-user', 'player-id-of-laurel']
const [CREATE, READ, UPDATE, DELETE] = [1, 2, 4, 8]

const config = `ADMIN:NAMESPACE:${TITLE}:ACHIEVEMENT`
const rows = `ADMIN:NAMESPACE:${TITLE}:USER:*:ACHIEVEMENT`
const shown = `NAMESPACE:${TITLE}:ACHIEVEMENT`
const ownRows = `NAMESPACE:${TITLE}:USER:*:ACHIEVEMENT`

/** The permission of each operation, from the specification of the API, but for the exceptions of the README. */
const PERMISSIONS: Readonly<Record<Exclude<Name, 'BulkCreatePSNEvent'>, readonly [string, number]>> = {
  AdminListAchievements: [config, READ],
  AdminCreateNewAchievement: [config, CREATE],
  ExportAchievements: [config, READ],
  ImportAchievements: [config, CREATE | UPDATE],
  AdminGetAchievement: [config, READ],
  AdminUpdateAchievement: [config, UPDATE],
  AdminUpdateAchievementListOrder: [config, UPDATE],
  AdminDeleteAchievement: [config, DELETE],
  AdminListTags: [config, READ],
  AdminListUserAchievements: [rows, READ],
  AdminBatchQueryUserAchievements: [rows, READ],
  AdminBulkUnlockAchievement: [rows, UPDATE],
  AdminResetAchievement: [rows, DELETE],
  AdminUnlockAchievement: [rows, UPDATE],
  AdminAnonymizeUserAchievement: [rows, DELETE],
  PublicListAchievements: [shown, READ],
  PublicGetAchievement: [shown, READ],
  PublicListTags: [shown, READ],
  PublicListUserAchievements: [ownRows, READ],
  PublicBulkUnlockAchievement: [ownRows, UPDATE],
  PublicUnlockAchievement: [ownRows, UPDATE],
}

let auth: Awaited<ReturnType<typeof openAccelByteAuth>>
let running: Awaited<ReturnType<typeof startAccelByte>>
let client: AccelByteClient
let player: Readonly<Record<string, string>>
let made = 0

beforeAll(async () => {
  auth = await openAccelByteAuth('key-of-an-operator-0123456789', TITLE)
  running = await startAccelByte(auth.env)
  client = running.client
  player = await auth.player(OWN)
  await create('lamp')
  const secure = { titleId: TITLE, achievement: achievementOf({ id: 'secure', serverOnly: true }) }
  await createAchievement(running.services, { ...secure, requestId: undefined }, callOf())
  const linked = { id: SECRET_PLAYER, displayName: '', accounts: [] }
  await createPlayer(running.services, { player: linked, requestId: undefined }, callOf())
  const account = { dialect: 'accelbyte', id: OTHER }
  await linkAccount(running.services, { playerId: SECRET_PLAYER, account, requestId: undefined }, callOf())
})
afterAll(async () => {
  await running[Symbol.asyncDispose]()
  auth[Symbol.dispose]()
})

const create = (code: string) =>
  client.call('AdminCreateNewAchievement', { body: definition(code), headers: auth.operator })

/** A request that has all it needs but a credential; what it takes away was made for it. */
async function requestOf(name: Name, userId = OWN): Promise<Asked> {
  const form = new FormData()
  form.append('file', new Blob([JSON.stringify([definition('imported')])]), 'a.json')
  const bodies: Readonly<Record<string, NonNullable<Asked['body']>>> = {
    AdminCreateNewAchievement: definition(`made-${++made}`),
    ImportAchievements: form,
    AdminUpdateAchievement: { hidden: true },
    AdminUpdateAchievementListOrder: { targetOrder: 1 },
    BulkCreatePSNEvent: { data: [] },
    AdminBatchQueryUserAchievements: { codes: ['lamp'], status: 2 },
    AdminBulkUnlockAchievement: { achievementCodes: ['lamp'] },
    PublicBulkUnlockAchievement: { achievementCodes: ['lamp'] },
  }
  const code = name === 'AdminDeleteAchievement' ? `made-${++made}` : 'lamp'
  if (name === 'AdminDeleteAchievement') await create(code)
  const body = bodies[name]
  return { userId, code, ...(body === undefined ? {} : { body }) }
}

test('no operation is left out', () => {
  const served = gateway.routes
    .filter(({ path }) => path.startsWith('/achievement/') && !path.includes('/global/'))
    .map(({ name }) => name)
  expect(Object.keys(OPERATIONS).sort()).toEqual(served.sort())
})

describe.each(Object.keys(OPERATIONS) as Name[])('%s', (name) => {
  test('is refused without a known credential', async () => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Bearer a.b.c' }]) {
      const refused = await client.fail(name, { ...(await requestOf(name)), headers })
      expect([refused.status, refused.errorCode]).toEqual([401, 20001])
    }
  })
})

describe.each(Object.entries(PERMISSIONS) as [keyof typeof PERMISSIONS, [string, number]][])(
  '%s',
  (name, [resource, action]) => {
    const ask = async (permissions: readonly Permission[]) =>
      client.ask(name, { ...(await requestOf(name)), headers: await auth.service(permissions) })

    test('takes its permission, and no more', async () => {
      expect((await ask([{ Resource: resource, Action: action }])).status).toBe(OPERATIONS[name].status)
    })

    test('is refused with every other permission', async () => {
      const others = [config, rows, shown, ownRows].filter((other) => other !== resource)
      const covers = (other: string) => other === `ADMIN:${resource}`
      const permissions = others
        .filter((other) => !covers(other))
        .map((Resource) => ({ Resource, Action: CREATE | READ | UPDATE | DELETE }))
      const elsewhere = { Resource: resource.replace(TITLE, 'elsewhere'), Action: 15 }
      const missing = { Resource: resource, Action: 15 & ~action }
      const { status, text } = await ask([...permissions, elsewhere, missing])
      expect([status, JSON.parse(text).errorCode]).toEqual([403, 20013])
    })

    test('is for a player only where it is public, and only of their own', async () => {
      const isPublic = name.startsWith('Public')
      const own = await client.ask(name, { ...(await requestOf(name)), headers: player })
      expect(own.status).toBe(isPublic ? OPERATIONS[name].status : 403)
      const other = await client.ask(name, { ...(await requestOf(name, OTHER)), headers: player })
      const isOpen = isPublic && !OPERATIONS[name].path.includes('{userId}')
      expect(other.status).toBe(isOpen ? OPERATIONS[name].status : 403)
      expect(other.text).not.toContain(SECRET_PLAYER)
    })
  },
)

test('a refused call registers no user, and a player cannot unlock an achievement that only servers report', async () => {
  for (const name of ['PublicUnlockAchievement', 'AdminUnlockAchievement'] as const) {
    const refused = await client.fail(name, { userId: 'stranger', code: 'lamp', headers: player })
    expect(refused.status).toBe(403)
  }
  const all = await running.services.store.read(callOf().signal, (queries) => queries.players.list('', 1000))
  expect(all.map(({ id }) => id)).not.toContain('accelbyte:stranger')
  const secure = { userId: OWN, code: 'secure' }
  expect((await client.fail('PublicUnlockAchievement', { ...secure, headers: player })).status).toBe(403)
  const bulk = { userId: OWN, body: { achievementCodes: ['secure'] }, headers: player }
  expect(await client.call('PublicBulkUnlockAchievement', bulk)).toMatchObject([
    { success: false, errorDetail: { errorCode: 20013 } },
  ])
  await client.call('AdminUnlockAchievement', { ...secure, headers: auth.operator })
})

test('an unknown namespace requires the permission to create titles', async () => {
  const of = running.clientOf('new-waters')
  const body = definition('a')
  const Resource = 'ADMIN:NAMESPACE:*:ACHIEVEMENT'
  const headers = await auth.service([{ Resource, Action: 15 }])
  expect((await of.fail('AdminCreateNewAchievement', { body, headers })).status).toBe(403)
  await of.call('AdminCreateNewAchievement', { body, headers: auth.operator })
  await of.call('AdminCreateNewAchievement', { body: definition('b'), headers })
})
