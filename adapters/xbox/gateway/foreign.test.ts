import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createTitle, getTitle, updateTitle } from '../../../src/service/titles/titles.ts'
import { exportText, importText } from '../../../test/support/exchange.ts'
import { callOf } from '../../../test/support/services.ts'
import { createXboxTitle, linkPlayer, startXbox, type XboxServer } from '../testing/server.ts'

let xbox: XboxServer
const SCID = '5c2d0100-7a1e-4f0b-9d3c-6e8f10213242'
const sample = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')
const unstated = { occurredTime: undefined, requestId: undefined }

beforeAll(async () => {
  xbox = await startXbox()
})
afterAll(() => xbox[Symbol.asyncDispose]())

describe('a title that comes from AccelByte', () => {
  const [player, xuid] = ['sailor', '2533274500000001']

  beforeAll(async () => {
    const { services } = xbox
    const { summary } = await importText(services, 'accelbyte', sample('accelbyte/testdata/export.json'), {
      titleId: 'harbor',
    })
    expect(summary).toMatchObject({ newCount: 2, failedCount: 0 })
    const accelbyte = { namespace: 'harbor-lights' }
    const bindings = { accelbyte, xbox: { service_config_id: SCID, title_id: '3000000001' } }
    const patch = { bindings, displayName: 'Harbor Lights' }
    await updateTitle(services, { titleId: 'harbor', etag: undefined, patch, requestId: undefined }, callOf())
    await linkPlayer(services, player, xuid)
    const updates = [{ code: 'miles-sailed', operation: 'set', value: 3.85 }] as const
    const reported = { titleId: 'harbor', playerId: player, updates, writer: 'server', ...unstated } as const
    await recordStats(services, reported, callOf())
  })

  test('is listed by clients of Xbox, in their language', async () => {
    const path = `/users/xuid(${xuid})/achievements?titleId=3000000001`
    const { achievements, pagingInfo } = await xbox.list(path, { 'accept-language': 'id-ID, ja' })
    expect(pagingInfo.totalRecords).toBe(2)
    expect(achievements).toMatchObject([
      { id: '1', serviceConfigId: SCID, name: 'First Light', progressState: 'NotStarted', isSecret: false },
      {
        id: '2',
        name: 'Di Luar Pandangan',
        description: 'Berlayar 7,7 mil laut',
        titleAssociations: [{ name: 'Harbor Lights', id: 3_000_000_001 }],
        progressState: 'InProgress',
        progression: { requirements: [{ current: '3.85', target: '7.7', valueType: 'Double' }] },
        isSecret: true,
        platforms: [],
      },
    ])
    await xbox.listWithRarity(path)
    expect((await xbox.listLegacy(path.replace('achievements', 'titleachievements'))).achievements).toEqual([
      expect.objectContaining({ id: 1, titleId: 3_000_000_001, unlocked: false }),
      expect.objectContaining({ id: 2, unlocked: false }),
    ])
  })

  test('is updated where the title reports, and not where a stat does', async () => {
    const ids = { scid: SCID, titleId: '3000000001' }
    expect((await xbox.update(xuid, ids, { 1: 100 })).status).toBe(200)
    const refused = await xbox.update(xuid, ids, { 2: 100 })
    expect([refused.status, refused.json().description]).toEqual([
      400,
      expect.stringContaining('miles-sailed'),
    ])
    const { titles } = await xbox.history(`/users/xuid(${xuid})/history/titles`)
    expect(titles).toMatchObject([{ titleId: 3_000_000_001, serviceConfigId: SCID, earnedAchievements: 1 }])
  })
})

describe('documents of Xbox that were imported', () => {
  const names = ['achievements', 'documented', 'event-based', 'odd', 'legacy']

  test.each(names)('are answers that strict clients read: %s', async (name) => {
    const xuid = `253327440000000${names.indexOf(name)}`
    const player = `of-${name}`
    await linkPlayer(xbox.services, player, xuid)
    const text = sample(`xbox/testdata/${name}.json`)
    const { outcomes } = await importText(xbox.services, 'xbox', text, { playerId: player })
    expect(outcomes.filter(({ kind }) => kind === 'failed')).toEqual([])
    for (const path of [
      `/users/xuid(${xuid})/achievements`,
      `/users/xuid(${xuid})/achievements?possibleOnly=1`,
    ]) {
      const { achievements, pagingInfo } = await xbox.list(
        `${path}${path.includes('?') ? '&' : '?'}maxItems=1000`,
      )
      expect(pagingInfo).toEqual({ continuationToken: null, totalRecords: achievements.length })
      expect(achievements.length).toBeGreaterThan(0)
      expect((await xbox.listWithRarity(path)).achievements.length).toBeGreaterThan(0)
      await xbox.listLegacyWithRarity(path)
    }
    await xbox.history(`/users/xuid(${xuid})/history/titles`)
    await xbox.firstHistory(`/users/xuid(${xuid})/history/titles`)
  })

  test('keep their own spelling and order where clients read them', async () => {
    const response = await xbox.ask('/users/xuid(2533274400000002)/achievements?maxItems=1000')
    const { achievements } = response.json() as { achievements: { id: string }[] }
    const served = new Map(achievements.map((entry) => [entry.id, entry]))
    const document = JSON.parse(sample('xbox/testdata/event-based.json')) as {
      achievements: { id: string; mediaAssets: object[] }[]
    }
    expect(document.achievements.length).toBeGreaterThan(0)
    for (const said of document.achievements) {
      const entry = served.get(said.id) ?? {}
      // Clients read the first picture of every entry, so there is always one.
      const mediaAssets =
        said.mediaAssets.length === 0 ? [expect.objectContaining({ type: 'Icon' })] : said.mediaAssets
      expect(entry).toEqual({ ...said, mediaAssets })
      expect(Object.keys(entry)).toEqual(Object.keys(said))
    }
  })
})

test('a title that is bound by its title id alone keeps its configuration id when its export comes back', async () => {
  const { services } = xbox
  await createXboxTitle(services, 'alone', 51_966, [{}])
  const patch = { bindings: { xbox: { title_id: '51966' } } }
  await updateTitle(services, { titleId: 'alone', etag: undefined, patch, requestId: undefined }, callOf())
  const { text } = await exportText(services, 'xbox', 'alone')
  expect(text).toContain('00000000-0000-0000-0000-00000000cafe')
  await importText(services, 'xbox', text, { titleId: 'alone' })
  const { bindings } = await getTitle(services, { titleId: 'alone' }, callOf())
  expect(bindings['xbox']).toEqual({
    title_id: '51966',
    service_config_id: '00000000-0000-0000-0000-00000000cafe',
  })
})

test('a title whose configuration id is of an older title is exported without a title id', async () => {
  const { services } = xbox
  await createXboxTitle(services, 'older', 51_967, [{}])
  const scid = '1370999b-fca2-4a0e-8ec1-a6a0f5d1c0de'
  const patch = { bindings: { xbox: { service_config_id: scid } } }
  await updateTitle(services, { titleId: 'older', etag: undefined, patch, requestId: undefined }, callOf())
  for (const shape of ['achievement', 'legacy']) {
    const { text } = await exportText(services, 'xbox', 'older', { shape })
    const [{ serviceConfigId, titleId, titleAssociations }] = JSON.parse(text).achievements
    const said = shape === 'legacy' ? [titleId] : [serviceConfigId, titleAssociations]
    expect(said).toEqual(shape === 'legacy' ? [0] : [scid, []])
    await importText(services, 'xbox', text, { titleId: 'older' })
  }
  const { bindings } = await getTitle(services, { titleId: 'older' }, callOf())
  expect(bindings).toEqual(patch.bindings)
})

describe('an id that follows from the binding of another title is taken', () => {
  const SCID = '00000000-0000-0000-0000-000000001f40'
  const [number, scid] = [{ title_id: '8000' }, { service_config_id: SCID }]
  const create = (id: string, binding: Readonly<Record<string, string>> | undefined) => {
    const bindings = binding === undefined ? {} : { xbox: binding }
    const title = { id, displayName: id, defaultLocale: 'en', bindings, extensions: {} }
    return createTitle(xbox.services, { title, requestId: undefined }, callOf())
  }
  const bind = (titleId: string, binding: Readonly<Record<string, string>>) => {
    const patch = { bindings: { xbox: binding } }
    return updateTitle(xbox.services, { titleId, etag: undefined, patch, requestId: undefined }, callOf())
  }

  test.each([
    ['by its title id', 'numbered', number, scid],
    ['by its configuration id', 'configured', scid, number],
  ])('of a title that is bound %s', async (_, owner, first, second) => {
    const taken = { reason: 'BINDING_TAKEN', metadata: { boundTitleId: owner } }
    await create(owner, first)
    await create(`other-${owner}`, undefined)
    await expect(create(`new-${owner}`, second)).rejects.toMatchObject(taken)
    await expect(bind(`other-${owner}`, second)).rejects.toMatchObject(taken)
    // The owner itself may be bound to both, and then give them up.
    await bind(owner, { ...first, ...second })
    await bind(owner, {})
    await bind(`other-${owner}`, second)
    await bind(`other-${owner}`, {})
  })
})
