import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listAchievements } from '../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createPlayer, listPlayers } from '../../src/service/players/players.ts'
import { createStat, listStats } from '../../src/service/stats/stats.ts'
import { createTitle, listTitles } from '../../src/service/titles/titles.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { UNCODED } from '../support/documents.ts'
import { achievementOf } from '../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

const TITLE = 'space-race'
/** Characters with a meaning in patterns, in both forms of texts. */
const ODD = '100%_of\\it'
const first = { pageSize: undefined, pageToken: undefined }
const account = fixturesOf(UNCODED).account(7)

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  for (const [id, displayName] of [
    [TITLE, 'Space Race'],
    ['chess', 'Königsgambit'],
    ['odd', ODD],
  ] as const) {
    const title = { id, displayName, defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, callOf())
  }
  for (const [id, text, translations, tags] of [
    ['first-lap', 'First Lap', { de: 'Erste Runde' }, ['easy']],
    ['second-lap', 'Encore', { ja: '二周目' }, []],
    ['odd', ODD, {}, []],
  ] as const) {
    const achievement = achievementOf({ id, name: { locale: 'en', text, translations }, tags })
    await createAchievement(services, { titleId: TITLE, achievement, requestId: undefined }, callOf())
  }
  const bounds = { defaultValue: 0, minimum: undefined, maximum: undefined, incrementOnly: false }
  for (const [code, displayName] of [
    ['laps', 'Rounds'],
    ['kills', 'Kills of Laps'],
    ['odd', ODD],
  ] as const) {
    const stat = { titleId: TITLE, code, displayName, ...bounds, setBy: 'server', extensions: {} } as const
    await createStat(services, { stat, requestId: undefined }, callOf())
  }
  for (const [id, displayName, accounts] of [
    ['ann-1', 'Mira', []],
    ['ann-2', '', [{ dialect: UNCODED, id: account }]],
    ['Ann-3', 'mirabelle', []],
    [ODD, '', []],
  ] as const) {
    await createPlayer(services, { player: { id, displayName, accounts }, requestId: undefined }, callOf())
  }
})
afterAll(() => services[Symbol.asyncDispose]())

describe.each([
  ['LAP', ['first-lap', 'second-lap']],
  ['runde', ['first-lap']],
  ['二周', ['second-lap']],
  ['ja', []],
  ['%', ['odd']],
  ['\\', ['odd']],
  ['', ['first-lap', 'second-lap', 'odd']],
] as const)('achievements with the text %j', (query, ids) => {
  test('are listed and counted, page by page', async () => {
    const filter = {
      titleId: TITLE,
      tags: [],
      hidden: undefined,
      orderBy: 'list_order',
      descending: false,
    } as const
    const all = await listAchievements(services, { ...filter, query, ...first }, callOf())
    expect([all.items.map(({ id }) => id), all.totalSize]).toEqual([ids, ids.length])
    const one = await listAchievements(
      services,
      { ...filter, query, pageSize: 1, pageToken: undefined },
      callOf(),
    )
    expect(one.totalSize).toBe(ids.length)
    const tagged = await listAchievements(services, { ...filter, tags: ['easy'], query, ...first }, callOf())
    expect(tagged.totalSize).toBe(tagged.items.length)
  })
})

test.each([
  ['KöNIGS', ['chess']],
  ['race', [TITLE]],
  ['_of', ['odd']],
  ['', ['chess', 'odd', TITLE]],
] as const)('titles with the text %j are listed and counted', async (query, ids) => {
  const { items, totalSize } = await listTitles(services, { query, ...first }, callOf())
  expect([items.map(({ id }) => id), totalSize]).toEqual([ids, ids.length])
})

test.each([
  ['lap', ['kills', 'laps']],
  ['0%_', ['odd']],
  ['', ['kills', 'laps', 'odd']],
] as const)('stats with the text %j are listed and counted', async (query, codes) => {
  const { items, totalSize } = await listStats(services, { titleId: TITLE, query, ...first }, callOf())
  expect([items.map(({ code }) => code), totalSize]).toEqual([codes, codes.length])
})

test.each([
  ['ann', ['ann-1', 'ann-2']],
  ['Ann', ['Ann-3']],
  ['MIRA', ['Ann-3', 'ann-1']],
  [account.slice(0, -1), ['ann-2']],
  ['100%', [ODD]],
  ['%', []],
  ['_', []],
] as const)('players with the prefix %j are listed, one a page too', async (prefix, ids) => {
  const { items } = await listPlayers(services, { prefix, ...first }, callOf())
  expect(items.map(({ id }) => id).sort()).toEqual([...ids].sort())
  const paged: string[] = []
  for (let pageToken: string | undefined; ; ) {
    const page = await listPlayers(services, { prefix, pageSize: 1, pageToken }, callOf())
    paged.push(...page.items.map(({ id }) => id))
    pageToken = page.nextPageToken
    if (pageToken === undefined) break
  }
  expect(paged).toEqual(items.map(({ id }) => id))
})

test('a page token of another text is refused', async () => {
  const { nextPageToken } = await listTitles(
    services,
    { query: '', pageSize: 1, pageToken: undefined },
    callOf(),
  )
  const other = listTitles(services, { query: 'race', pageSize: 1, pageToken: nextPageToken }, callOf())
  await expect(other).rejects.toMatchObject({ reason: 'PAGE_TOKEN_INVALID' })
})
