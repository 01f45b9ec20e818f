import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getAchievement } from '../../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf, gamerscore, requirementOf } from '../../../test/support/records.ts'
import { callOf } from '../../../test/support/services.ts'
import { type AccelByteClient, definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'

let running: Awaited<ReturnType<typeof startAccelByte>>
let client: AccelByteClient

beforeAll(async () => {
  running = await startAccelByte()
  client = running.client
})
afterAll(() => running[Symbol.asyncDispose]())

const create = (body: object, of = client) => of.call('AdminCreateNewAchievement', { body })
const codesOf = ({ data }: { readonly data: readonly { readonly achievementCode: string }[] }) =>
  data.map(({ achievementCode }) => achievementCode)

describe('creating', () => {
  test('creates the title of an unknown namespace, and returns the definition as it was sent', async () => {
    const of = running.clientOf('new-waters')
    expect((await of.fail('AdminListAchievements')).status).toBe(404)
    const icons = [{ url: 'This is locked icon 1 url', slug: 'one' }]
    const said = definition('java-server-sdk-integration-test', {
      defaultLanguage: 'EN',
      name: { EN: 'One', ID: 'Satu' },
      description: { EN: 'Uno' },
      lockedIcons: icons,
      unlockedIcons: icons,
      hidden: true,
      tags: ['a', 'b', 'c', 'd', 'e'],
      incremental: true,
      goalValue: 77.77,
      statCode: 'STAT-CODE',
      customAttributes: { deep: [1] },
    })
    const made = await create(said, of)
    expect(made).toMatchObject({ ...said, namespace: 'new-waters', listOrder: 1, global: false })
    expect(await of.call('AdminGetAchievement', { code: said.achievementCode })).toEqual(made)
  })

  test('reads null as an absent member, and keeps the goal of an achievement without progress', async () => {
    const nothing = {
      lockedIcons: null,
      unlockedIcons: null,
      tags: null,
      hidden: null,
      customAttributes: null,
    }
    const made = await create(definition('GOLANG', { ...nothing, goalValue: 1000, statCode: 'stat-code-go' }))
    expect(made).toMatchObject({ lockedIcons: [], tags: [], hidden: false, goalValue: 1000 })
    expect(made).toMatchObject({ statCode: 'stat-code-go', incremental: false })
    expect(made).not.toHaveProperty('customAttributes')
  })

  test('reads member names in any case, and ignores unknown members', async () => {
    const { achievementCode: AchievementCode, ...rest } = definition('any-case')
    const made = await create({ AchievementCode, ...rest, listOrder: 7, ID: 'mine', constructor: 'x' })
    expect(made.listOrder).not.toBe(7)
    expect(made).not.toHaveProperty('constructor', 'x')
  })

  test.each<readonly [string, object | string, RegExp]>([
    ['no code', { ...definition('x'), achievementCode: '' }, /^achievementCode: /],
    ['no language', { ...definition('x'), defaultLanguage: null }, /^defaultLanguage: /],
    ['no text in it', definition('x', { name: { id: 'X' } }), /^name: .*default language "en"/],
    ['six tags', definition('x', { tags: [...'abcdef'] }), /^tags: .*at most 5/],
    ['a text as a flag', definition('x', { hidden: 'yes' }), /^hidden: expected true or false/],
    ['attributes as a list', definition('x', { customAttributes: [] }), /^customAttributes: /],
    ['a long stat code', definition('x', { statCode: 'x'.repeat(200) }), /statCode must have at most 128/],
    ['a long code', definition('x'.repeat(129)), /achievementCode must have 1 to 128/],
    ['a member twice', { ...definition('x'), HIDDEN: true }, /HIDDEN/],
    ['a list', [], /^body: expected an object/],
    ['no JSON', '{"achievementCode":', /^line 1, column 20: /],
    ['nothing', '', /^line 1, column 1: /],
  ])('refuses %s', async (_, body, message) => {
    const refused = await client.fail('AdminCreateNewAchievement', { body })
    expect([refused.status, refused.errorMessage]).toEqual([400, expect.stringMatching(message)])
    expect(refused.errorCode).toBe(typeof body === 'string' ? 20019 : 20002)
  })

  test('refuses a code that is taken', async () => {
    await create(definition('taken'))
    const refused = await client.fail('AdminCreateNewAchievement', { body: definition('taken') })
    expect(refused).toEqual({
      status: 409,
      errorCode: 409,
      errorMessage: 'achievement taken exists already in namespace harbor-lights',
    })
  })
})

describe('updating', () => {
  test('keeps members that are null or absent, and replaces texts as a whole', async () => {
    const made = await create(
      definition('updated', { name: { en: 'Old', fr: 'Vieux' }, goalValue: 500.005, tags: ['x'] }),
    )
    const update = (body: object) => client.call('AdminUpdateAchievement', { code: 'updated', body })
    expect({ ...(await update({})), updatedAt: '' }).toEqual({ ...made, updatedAt: '' })
    const nulls = Object.fromEntries(Object.keys(definition('x')).map((name) => [name, null]))
    expect({ ...(await update(nulls)), updatedAt: '' }).toEqual({ ...made, updatedAt: '' })
    expect(await update({ ...nulls, name: { en: 'New' }, goalValue: 2000 })).toMatchObject({
      name: { en: 'New' },
      goalValue: 2000,
      tags: ['x'],
      description: made.description,
    })
    const reordered = await update({ ...nulls, name: { ID: 'Baru' }, description: { ID: 'Kamu' } })
    expect([reordered.name, reordered.defaultLanguage]).toEqual([{ ID: 'Baru' }, 'ID'])
    expect((await update({ achievementCode: 'other' })).achievementCode).toBe('updated')
    const refused = await client.fail('AdminUpdateAchievement', { code: 'updated', body: { name: {} } })
    expect(refused.errorMessage).toMatch(/default language/)
    expect((await client.fail('AdminUpdateAchievement', { code: 'gone', body: {} })).status).toBe(404)
  })

  test('leaves alone what AccelByte has no word for', async () => {
    const { services } = running
    const bindings = { accelbyte: { namespace: 'shared-title' } }
    const title = { id: 'shared-title', displayName: 'S', defaultLocale: 'en', bindings, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, callOf())
    const achievement = achievementOf({
      id: 'rich',
      rewards: gamerscore(15),
      serverOnly: true,
      ids: { xbox: '7' },
      lockedDescription: { locale: 'en', text: 'Secret', translations: {} },
      requirements: [requirementOf({ id: 'coins', target: 10n })],
      media: [{ role: 'art', name: 'a', url: 'https://art.example/a.png' }],
      extensions: { xbox: { deep: 1 } },
    })
    await createAchievement(services, { titleId: title.id, achievement, requestId: undefined }, callOf())
    const of = running.clientOf(title.id)
    const before = await of.call('AdminGetAchievement', { code: 'rich' })
    expect(before).toMatchObject({ incremental: true, goalValue: 10 })
    const read = () => getAchievement(services, { titleId: title.id, achievementId: 'rich' }, callOf())
    const stored = await read()
    const same = await of.call('AdminUpdateAchievement', { code: 'rich', body: before })
    expect({ ...same, updatedAt: '' }).toEqual({ ...before, updatedAt: '' })
    expect({ ...(await read()), etag: '', updateTime: 0n }).toEqual({ ...stored, etag: '', updateTime: 0n })
    const body = { goalValue: 20, unlockedIcons: [{ url: 'u', slug: 's' }], customAttributes: { tier: 1 } }
    await of.call('AdminUpdateAchievement', { code: 'rich', body })
    expect(await read()).toMatchObject({
      rewards: stored.rewards,
      lockedDescription: stored.lockedDescription,
      serverOnly: true,
      requirements: [{ id: 'coins', target: 20n, valueType: 'integer' }],
      media: [{ role: 'unlocked_icon', name: 's', url: 'u' }, ...stored.media],
      extensions: { xbox: { deep: 1 }, accelbyte: { CustomAttributes: { tier: 1 } } },
    })
  })

  test('keeps the icon of both states, which is Discord’s too, while both lists have it', async () => {
    const { services } = running
    const shared = { role: 'icon', name: 'a'.repeat(32), url: 'https://cdn.example/icon.png' } as const
    const bindings = { accelbyte: { namespace: 'with-icon' } }
    const title = { id: 'with-icon', displayName: 'I', defaultLocale: 'en', bindings, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, callOf())
    const achievement = achievementOf({ id: 'iconic', media: [shared] })
    await createAchievement(services, { titleId: title.id, achievement, requestId: undefined }, callOf())
    const of = running.clientOf(title.id)
    const { lockedIcons, unlockedIcons } = await of.call('AdminGetAchievement', { code: 'iconic' })
    const [grey, front] = [
      { url: 'grey.png', slug: 'grey' },
      { url: 'front.png', slug: 'front' },
    ]
    const update = async (body: object) => {
      expect(await of.call('AdminUpdateAchievement', { code: 'iconic', body })).toMatchObject(body)
      const requested = { titleId: title.id, achievementId: 'iconic' }
      return (await getAchievement(services, requested, callOf())).media.map(({ role }) => role)
    }
    expect(await update({ lockedIcons: [...lockedIcons, grey], unlockedIcons })).toEqual([
      'icon',
      'locked_icon',
    ])
    // Behind another one it cannot be one of both.
    const behind = { lockedIcons, unlockedIcons: [front, ...unlockedIcons] }
    expect(await update(behind)).toEqual(['unlocked_icon', 'unlocked_icon', 'locked_icon'])
  })
})

describe('lists', () => {
  let of: AccelByteClient
  beforeAll(async () => {
    of = running.clientOf('listed')
    await create(definition('a', { tags: ['sea', 'night'], name: { en: 'A', id: 'Satu' } }), of)
    await create(definition('b', { tags: ['sea'], hidden: true }), of)
    await create(definition('c', { tags: ['night', 'sea'], global: true, statCode: 'all' }), of)
    await create(definition('d', { defaultLanguage: 'fr', name: { fr: 'D' }, description: { fr: 'd' } }), of)
  })
  const listed = async (query: string) => codesOf(await of.call('AdminListAchievements', { query }))

  test('are filtered and sorted by every parameter', async () => {
    expect(await listed('')).toEqual(['a', 'b', 'c', 'd'])
    expect(await listed('sortBy=listOrder:desc')).toEqual(['d', 'c', 'b', 'a'])
    expect(await listed('sortBy=createdAt')).toEqual(['a', 'b', 'c', 'd'])
    expect(await listed('sortBy=updatedAt:desc')).toEqual(['d', 'c', 'b', 'a'])
    expect(await listed('global=True')).toEqual(['c'])
    expect(await listed('global=f')).toEqual(['a', 'b', 'd'])
    expect(await listed('tags=night,none')).toEqual(['a', 'c'])
    expect(await listed('tags=none&tags=sea')).toEqual(['a', 'b', 'c'])
    expect(await listed(`tags=${encodeURIComponent('sea&(night|none)')}`)).toEqual(['a', 'c'])
    expect(codesOf(await of.call('PublicListAchievements', { query: 'language=en' }))).toEqual([...'abcd'])
  })

  test('are paged by paths that keep the other parameters, and end with an empty one', async () => {
    const seen: string[] = []
    let query = 'limit=2&tags=sea&sortBy=listOrder%3Adesc'
    for (let pages = 0; query !== ''; pages += 1) {
      expect(pages).toBeLessThan(3)
      const { data, paging } = await of.call('AdminListAchievements', { query })
      seen.push(...codesOf({ data }))
      const [path, rest = ''] = paging.next.split('?')
      if (rest !== '') {
        expect(path).toBe('/achievement/v1/admin/namespaces/listed/achievements')
        expect(Object.fromEntries(new URLSearchParams(rest))).toEqual({
          limit: '2',
          offset: '2',
          tags: 'sea',
          sortBy: 'listOrder:desc',
        })
      } else expect(paging.previous).toContain('offset=0')
      query = rest
    }
    expect(seen).toEqual(['c', 'b', 'a'])
    const all = await of.call('AdminListAchievements', { query: 'limit=1000' })
    expect(all.paging).toEqual({ previous: '', next: '' })
  })

  test.each([
    'limit=0',
    'limit=x',
    'offset=-1',
    'sortBy=name',
    'sortBy=listOrder:up',
    'sortBy=listOrder:asc:x',
    'global=maybe',
    'tags=(a',
    'tags=a|',
    'tags=a)b',
    `tags=${'a,'.repeat(65)}`,
    `${'tags=a&'.repeat(65)}`,
  ])('refuse %s', async (query) => {
    for (const name of ['AdminListAchievements', 'PublicListAchievements'] as const) {
      const refused = await of.fail(name, { query })
      expect([refused.status, refused.errorCode]).toEqual([400, 20002])
    }
  })

  test('are in the language that is asked for, or the definition’s own', async () => {
    const names = async (query: string) =>
      (await of.call('PublicListAchievements', { query })).data.map(({ name }) => name)
    expect(await names('language=id')).toEqual(['Satu', 'b', 'c', 'D'])
    expect(await names('language=en-US')).toEqual(['A', 'b', 'c', 'D'])
    for (const query of ['', 'language', 'language='])
      expect(await names(query)).toEqual(['A', 'b', 'c', 'D'])
    const get = (query: string) => of.call('PublicGetAchievement', { code: 'a', query })
    expect(await get('language=ID')).toMatchObject({ name: 'Satu', description: 'You did a' })
    for (const query of ['', 'language', 'language=']) {
      expect(await get(query)).toMatchObject({ name: { en: 'A', id: 'Satu' }, defaultLanguage: 'en' })
    }
    expect((await of.fail('PublicGetAchievement', { code: 'none', query: 'language=en' })).status).toBe(404)
  })

  test('of tags have the tags of the definitions', async () => {
    for (const name of ['AdminListTags', 'PublicListTags'] as const) {
      const tags = async (query: string) => (await of.call(name, { query })).data.map((tag) => tag.name)
      expect(await tags('')).toEqual(['night', 'sea'])
      expect(await tags('sortBy=name:desc')).toEqual(['sea', 'night'])
      expect(await tags('name=IGH')).toEqual(['night'])
      expect(await tags('limit=1&offset=1')).toEqual(['sea'])
    }
    const [first] = (await of.call('AdminListAchievements', {})).data
    const { data } = await of.call('AdminListTags', { query: 'sortBy=createdAt' })
    expect(data.map(({ createdAt }) => createdAt)).toEqual([first?.createdAt, first?.createdAt])
  })
})

test('reordering moves the others along; deleting takes what players have along', async () => {
  const of = running.clientOf('ordered')
  for (const code of ['a', 'b', 'c']) await create(definition(code), of)
  await of.call('AdminUpdateAchievementListOrder', { code: 'c', body: { targetOrder: 1 } })
  const { data } = await of.call('PublicListAchievements')
  expect(data.map(({ achievementCode, listOrder }) => [achievementCode, listOrder])).toEqual([
    ['c', 1],
    ['a', 2],
    ['b', 3],
  ])
  for (const body of [{}, { targetOrder: 0 }, { targetOrder: 1.5 }, { targetOrder: 2 ** 31 }, '[]']) {
    expect((await of.fail('AdminUpdateAchievementListOrder', { code: 'c', body })).status).toBe(400)
  }
  await of.call('PublicUnlockAchievement', { userId: 'sailor', code: 'a' })
  await of.call('AdminDeleteAchievement', { code: 'a' })
  expect((await of.fail('AdminDeleteAchievement', { code: 'a' })).status).toBe(404)
  expect((await of.call('PublicListUserAchievements', { userId: 'sailor' })).data).toEqual([])
})
