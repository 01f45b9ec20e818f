import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { achievementOf } from '../../../test/support/records.ts'
import { callOf } from '../../../test/support/services.ts'
import { ask, freshSnowflake, freshToken } from '../testing/requests.ts'
import { type DiscordServer, startDiscordServer } from '../testing/server.ts'

let server: DiscordServer

beforeAll(async () => {
  server = await startDiscordServer()
})
afterAll(() => server[Symbol.asyncDispose]())

/** Sends a request with a new token, so that no rate limit applies. */
function manage(version: number, path: string, method = 'GET', json?: unknown) {
  const url = `${server.url}/api/v${version}/applications/${path}`
  return ask(url, { method, token: freshToken('Bot'), ...(json === undefined ? {} : { json }) })
}

async function create(body: object = { name: 'First', description: 'Light' }, version = 10) {
  const list = `${freshSnowflake()}/achievements`
  const { status, json } = await manage(version, list, 'POST', body)
  expect([status, json()]).toEqual([200, expect.objectContaining({ id: expect.any(String) })])
  return { list, one: `${list}/${json().id}`, response: json() }
}

const GERMAN = { default: 'First', localizations: { de: 'Erstes' } }
const FULL = { name: 'First', name_localizations: { de: 'Erstes', no: 'Første' }, description: 'Light' }

describe('a text', () => {
  test.each([
    ['an object', { default: 'First', localizations: { de: 'Erstes', no: 'Første' } }],
    ['an object with the languages beside the default', { default: 'First', de: 'Erstes', no: 'Første' }],
  ])('may come as %s in every version', async (_, name) => {
    for (const version of [6, 10]) {
      const { one } = await create({ name, description: { default: 'Light', localizations: {} } }, version)
      const later = (await manage(10, one)).json()
      expect(later).toMatchObject({ ...FULL, description_localizations: null })
      const earlier = (await manage(9, one)).json()
      expect(earlier).toMatchObject({
        name: { default: 'First', localizations: { de: 'Erstes', no: 'Første' } },
        description: { default: 'Light' },
      })
      expect(Object.keys(earlier)).not.toContain('name_localizations')
      expect(Object.keys(earlier.description)).toEqual(['default'])
    }
  })

  const unchanged = { default: 'First', localizations: { de: 'Erstes', no: 'Første' } }
  test.each([
    [6, { name: 'New' }, { default: 'New' }],
    [10, { name: 'New' }, { ...unchanged, default: 'New' }],
    [10, { name: 'New', name_localizations: null }, { default: 'New' }],
    [10, { name_localizations: {} }, { default: 'First' }],
    [6, { name_localizations: { fr: 'Premier' } }, { default: 'First', localizations: { fr: 'Premier' } }],
    [6, { name: GERMAN }, GERMAN],
    [10, { name: GERMAN }, GERMAN],
    [10, { name: { default: 'New' } }, { default: 'New' }],
    [6, { name: 'New', name_localizations: { de: 'Neu' } }, { default: 'New', localizations: { de: 'Neu' } }],
    [
      6,
      { name_localizations: { de: null, fr: 'Premier' } },
      { default: 'First', localizations: { fr: 'Premier' } },
    ],
    [6, { name: null }, unchanged],
    [10, { secret: true }, unchanged],
    [6, {}, unchanged],
    [10, { id: '5', application_id: 7, icon_hash: 'x', else: [1] }, unchanged],
  ])('in v%i is changed by %j', async (version, body, expected) => {
    const { one, response } = await create(FULL)
    const changed = await manage(version, one, 'PATCH', body)
    expect(changed.status).toBe(200)
    const seen = (await manage(6, one)).json()
    expect(seen.name).toEqual(expected)
    expect(seen).toMatchObject({ id: response.id, application_id: response.application_id, icon_hash: null })
    expect(seen.description).toEqual({ default: 'Light' })
  })

  test('keeps languages that Discord cannot name, and shows none of them', async () => {
    const { one, response } = await create({
      ...FULL,
      name_localizations: { ar: 'X', 'de-AT': 'Y', de: 'Z' },
    })
    expect(response.name_localizations).toEqual({ de: 'Z' })
    await manage(6, one, 'PATCH', { name: 'New' })
    const title = await server.services.store.read(callOf().signal, (queries) =>
      queries.titleBindings.findTitleIds('discord', { application_id: response.application_id }),
    )
    const [stored] = await server.services.store.read(callOf().signal, (queries) =>
      queries.achievements.listByIds(title[0] ?? '', [response.id]),
    )
    expect(stored?.name).toMatchObject({ text: 'New', translations: { ar: 'X', 'de-AT': 'Y' } })
  })
})

test('two concurrent updates of different members both take effect', async () => {
  const { one } = await create()
  const changes = [
    { name: 'New' },
    { description: 'Newer' },
    { secret: true },
    { secure: true },
    { name_localizations: { de: 'Neu' } },
  ]
  const responses = await Promise.all(changes.map((change) => manage(10, one, 'PATCH', change)))
  expect(responses.map(({ status }) => status)).toEqual(changes.map(() => 200))
  expect((await manage(10, one)).json()).toMatchObject(Object.assign({}, ...changes))
})

test('deleting takes what players have of it too, and leaves the others', async () => {
  const { list, one, response } = await create()
  const second = (await manage(10, list, 'POST', { name: 'Second', description: '' })).json()
  const progress = `${server.url}/api/v10/users/${freshSnowflake()}/applications/${one}`
  const put = await ask(progress, { method: 'PUT', token: freshToken('Bot'), json: { percent_complete: 9 } })
  expect([put.status, put.text]).toEqual([200, '{}'])
  const deleted = await manage(10, one, 'DELETE')
  expect([deleted.status, deleted.text]).toEqual([204, ''])
  expect((await manage(10, list)).json()).toEqual([second])
  expect((await manage(10, one, 'DELETE')).json()).toEqual({ message: 'Unknown Achievement', code: 0 })
  const again = (await manage(10, list, 'POST', { name: 'First', description: '' })).json()
  expect(again.id).not.toBe(response.id)
})

test('an application has a thousand achievements at most, however many are made at once', async () => {
  const application = freshSnowflake()
  const titleId = `full-${application}`
  const { store, now } = server.services
  const time = now()
  const times = { createTime: time, updateTime: time }
  const bindings = { discord: { application_id: application } }
  const made = Array.from({ length: 998 }, (_, index) => ({
    ...achievementOf({ id: `a${index}` }),
    ...times,
  }))
  await store.write(callOf().signal, async (queries) => {
    const facts = { id: titleId, displayName: 'Full', defaultLocale: 'en', extensions: {}, etag: '' }
    await queries.titles.insert({ ...facts, bindings, maskHiddenInGateways: false, ...times })
    await queries.titleBindings.replace(titleId, bindings, [])
    await queries.achievements.upsert(titleId, made)
  })
  const list = `${application}/achievements`
  const body = { name: 'One more', description: '' }
  const responses = await Promise.all([1, 2, 3, 4, 5].map(() => manage(10, list, 'POST', body)))
  expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 400, 400, 400])
  const refused = responses.find(({ status }) => status === 400)
  expect(refused?.json()).toEqual({ message: 'Maximum number of achievements reached (1000)', code: 30000 })
  const all = (await manage(10, list)).json()
  expect(new Set(all.map(({ id }: { id: string }) => id)).size).toBe(1000)
  expect(all.every(({ id }: { id: string }) => /^\d{17,19}$/.test(id))).toBe(true)
  const byItsNewId = await manage(10, `${list}/${all[0].id}`)
  expect(byItsNewId.json()).toEqual(all[0])
})
