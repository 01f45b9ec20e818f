import { afterAll, beforeAll, expect, test } from 'vitest'
import { getPlayerSummary } from '../../../src/service/progress/get-progress.ts'
import { createTitle, getTitle } from '../../../src/service/titles/titles.ts'
import { exportText, importText, kindsOf } from '../../../test/support/exchange.ts'
import { callOf } from '../../../test/support/services.ts'
import { startXbox, type XboxServer } from '../testing/server.ts'

let xbox: XboxServer
beforeAll(async () => {
  xbox = await startXbox()
})
afterAll(() => xbox[Symbol.asyncDispose]())

const XUID = '2533274800000077'
const PATH = `/users/xuid(${XUID})/history/titles`
const playerId = `xbox:${XUID}`
const modern = {
  titleId: 16308001,
  serviceConfigId: '3a1f0100-b519-49cc-b26f-a92d00f8d001',
  lastUnlock: '2015-04-15T00:22:27.0094276Z',
  titleType: 'LiveApp',
  platform: 'Durango',
  name: 'Almanac',
  earnedAchievements: 6,
  currentGamerscore: 90,
  maxGamerscore: 1000,
}
const first = {
  titleId: 16308002,
  lastPlayed: '2015-04-15T00:22:27.0094276Z',
  name: 'Herbal',
  sequence: 5,
  titleType: 1,
  platforms: [1],
  currentAchievements: 4,
  currentGamerscore: 40,
  totalAchievements: 12,
  totalGamerscore: 200,
}

test.each([
  ['2', modern, { unlockedCount: 6, score: 90n, maxScore: 1000n, lastUnlockTime: 14_290_573_470_094_276n }],
  ['1', first, { unlockedCount: 4, score: 40n, maxScore: 200n, lastUnlockTime: undefined }],
])(
  'imported totals of contract %s are shown by the history and the summary, under the name of the document',
  async (contract, entry, totals) => {
    const { services } = xbox
    const titleId = `unnamed-${contract}`
    const bindings = { xbox: { title_id: String(entry.titleId) } }
    const title = { id: titleId, displayName: '', defaultLocale: 'en', bindings, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, callOf())
    const importOnce = (said: object) =>
      importText(services, 'xbox', JSON.stringify({ titles: [said] }), {
        titleId,
        playerId,
        allowRebinding: true,
      })
    expect(kindsOf(await importOnce(entry))).toEqual(['replaced'])
    expect(kindsOf(await importOnce(entry))).toEqual(['unchanged'])
    expect(kindsOf(await importOnce({ ...entry, currentGamerscore: 95 }))).toEqual(['replaced'])
    await importOnce(entry)

    expect(await getTitle(services, { titleId }, callOf())).toMatchObject({ displayName: entry.name })
    expect(await getPlayerSummary(services, { titleId, playerId }, callOf())).toMatchObject(totals)
    const { text } = await exportText(services, 'xbox', titleId, { playerId, shape: 'title' })
    const { unlockedCount, score, maxScore } = totals
    const counts = { name: entry.name, currentGamerscore: Number(score) }
    const { titles } = contract === '1' ? await xbox.firstHistory(PATH) : await xbox.history(PATH)
    const shown = titles.find((each: { titleId: number }) => each.titleId === entry.titleId)
    expect(shown).toMatchObject(
      contract === '1'
        ? {
            ...counts,
            currentAchievements: unlockedCount,
            totalAchievements: 12,
            totalGamerscore: Number(maxScore),
          }
        : {
            ...counts,
            earnedAchievements: unlockedCount,
            maxGamerscore: Number(maxScore),
            lastUnlock: modern.lastUnlock,
          },
    )
    expect(JSON.parse(text).titles[0]).toMatchObject(counts)
  },
)

test('a title keeps a name of its own, and totals that no field holds are refused', async () => {
  const { services } = xbox
  const title = { id: 'named', displayName: 'Ours', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  const text = `{"titles": [{"titleId": 16308003, "lastUnlock": null, "name": "Theirs", "maxGamerscore": 9223372036854775808}]}`
  const { outcomes } = await importText(services, 'xbox', text, { titleId: 'named', playerId })
  expect(outcomes).toMatchObject([
    { kind: 'failed', error: { reason: 'INVALID_FIELD', violations: [{ field: 'summary.max_score' }] } },
  ])
  expect(await getTitle(services, { titleId: 'named' }, callOf())).toMatchObject({ displayName: 'Ours' })
})
