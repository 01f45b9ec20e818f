import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { until } from '../../../test/support/relay.ts'
import { CLIENTS, refusalOf } from '../testing/clients.ts'
import { ask, freshSnowflake } from '../testing/requests.ts'
import { type DiscordServer, startDiscordServer } from '../testing/server.ts'

let server: DiscordServer
let api: string

beforeAll(async () => {
  server = await startDiscordServer()
  api = `${server.url}/api`
})
afterAll(() => server[Symbol.asyncDispose]())

/** A name as the version's clients write it and read it. */
function texts(version: number, text: string, german?: string) {
  if (version < 10) {
    const name = german === undefined ? { default: text } : { default: text, localizations: { de: german } }
    return { name, description: { default: 'All of it' } }
  }
  const languages = german === undefined ? null : { de: german }
  return {
    name: text,
    name_localizations: languages,
    description: 'All of it',
    description_localizations: null,
  }
}

describe.each(Object.keys(CLIENTS))('%s', (name) => {
  test.each([6, 7, 8, 9, 10])('goes all seven ways in v%i', async (version) => {
    const [application, user] = [freshSnowflake(), freshSnowflake()]
    const open = CLIENTS[name] as (typeof CLIENTS)[string]
    const bot = open({ api, version, scheme: 'Bot', token: `bot-${application}` })
    const player = open({ api, version, scheme: 'Bearer', token: user })
    const list = `/applications/${application}/achievements`
    const own = `/users/@me/applications/${application}/achievements`

    const written = { ...texts(version, 'First light', 'Erstes Licht'), secret: true }
    const created = (await bot.request('POST', list, written)) as { readonly id: string }
    const { id } = created
    expect(id).toMatch(/^\d{17,19}$/)
    const definition = { ...written, id, application_id: application, secure: false, icon_hash: null }
    expect(created).toEqual(definition)
    expect(await bot.request('GET', list)).toEqual([definition])

    const other = (await bot.request('POST', list, texts(version, 'Second'))) as { readonly id: string }
    const changed = { ...definition, secure: true }
    expect(await bot.request('PATCH', `${list}/${id}`, { secure: true })).toEqual(changed)
    expect(await bot.request('GET', `${list}/${id}`)).toEqual(changed)

    const progress = `/users/${user}/applications/${application}/achievements`
    expect(await bot.request('PUT', `${progress}/${other.id}`, { percent_complete: 40 })).toEqual({})
    const progressEntry = (await player.request('GET', own)) as object[]
    expect(progressEntry).toHaveLength(1)
    expect(progressEntry[0]).toMatchObject({
      ...texts(version, 'Second'),
      user_id: user,
      achievement_id: other.id,
      percent_complete: 40,
      unlocked_at: null,
    })

    expect(await bot.request('PUT', `${progress}/${id}`, { percent_complete: 100 })).toEqual({})
    const complete = (await player.request('GET', own)) as { readonly unlocked_at: string }[]
    expect(complete).toHaveLength(2)
    expect(complete[0]).toMatchObject({ ...changed, achievement_id: id, percent_complete: 100 })
    expect(complete[0]?.unlocked_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)

    expect(await bot.request('DELETE', `${list}/${id}`)).toBeNull()
    expect(await refusalOf(bot.request('GET', `${list}/${id}`))).toEqual({ status: 404, code: 0 })
    const unknown = `/applications/${freshSnowflake()}/achievements`
    expect(await refusalOf(bot.request('GET', unknown))).toEqual({ status: 404, code: 10002 })
  })

  test('waits and repeats the request by itself after 429', async () => {
    const application = freshSnowflake()
    const settings = { api, version: 10, scheme: 'Bot', token: `bot-${application}` } as const
    const open = CLIENTS[name] as (typeof CLIENTS)[string]
    const list = `/applications/${application}/achievements`
    await open(settings).request('POST', list, texts(10, 'First light'))
    // A process does not know the calls of another process of the same bot. The clock stands still until it gets a 429.
    vi.useFakeTimers({ toFake: ['Date'] })
    try {
      const [one, another] = [open(settings), open(settings)]
      for (let count = 0; count < 5; count += 1) await one.request('GET', list)
      const asked = another.request('GET', list)
      await until(() => another.retries() > 0)
      vi.setSystemTime(Date.now() + 60_000)
      expect(await asked).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  })
})

test('every way has its alias, takes a trailing slash and an encoded @me, and means v6 without a version', async () => {
  const [application, user] = [freshSnowflake(), freshSnowflake()]
  const token = `Bot bot-${application}`
  const alias = `${api}/oauth2/applications/${application}/achievements/`
  const created = await ask(alias, { method: 'POST', token, json: texts(10, 'First light') })
  expect(created.json()).toMatchObject(texts(6, 'First light'))
  const one = `${alias}${created.json().id}/`
  expect((await ask(one, { token })).json()).toEqual(created.json())
  expect((await ask(alias, { token })).json()).toEqual([created.json()])
  const patched = await ask(one, { method: 'PATCH', token, json: { secret: false } })
  expect([patched.status, patched.json()]).toEqual([200, created.json()])
  const own = `${api}/v10/users/%40me/applications/${application}/achievements/`
  const progressEntry = await ask(own, { token: user })
  expect(progressEntry.json()).toMatchObject([
    { ...texts(10, 'First light'), user_id: user, percent_complete: 0 },
  ])
  expect((await ask(one, { method: 'DELETE', token })).status).toBe(204)
})
