import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatJson } from '../../../src/model/exact-json.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { createTitle, listTitles } from '../../../src/service/titles/titles.ts'
import { casesOf, decodeSample, folders, LOCALE, samplesIn } from '../../conformance/subjects.ts'
import { accelbyte, discord, xbox } from '../../support/documents.ts'
import { exportText, importText, textOf } from '../../support/exchange.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
beforeEach(async () => {
  services = await createTestServices()
})
afterEach(() => services[Symbol.asyncDispose]())

const TITLE = 'harbor'
const DIALECTS = folders.map(({ adapter }) => adapter.id)

const definitionCases = folders.flatMap(({ adapter, folder }) =>
  casesOf({ adapter, folder }).flatMap(({ name, document }) => {
    const samples = samplesIn(adapter, document)
    const isDefinition = samples.every(
      (sample) => decodeSample(adapter, sample).result.achievement !== undefined,
    )
    const [first] = samples
    const shape = first && adapter.shapeOf?.(first.entry, first.context)
    return isDefinition ? [{ adapter, name, document, shape }] : []
  }),
)

describe('a document of a dialect', () => {
  test.each(definitionCases)(
    '$adapter.id $name is exported in that dialect with losses rejected',
    async ({ adapter, document, shape }) => {
      const text = formatJson(document)
      const named = await importText(services, adapter.id, text, { locale: LOCALE, playerId: 'ada' }).catch(
        () => importText(services, adapter.id, text, { titleId: TITLE, locale: LOCALE, playerId: 'ada' }),
      )
      expect(named.summary.failedCount).toBe(0)
      const { items } = await listTitles(services, { pageSize: undefined, pageToken: undefined }, call)
      const hasProgress = adapter.shapes.some(
        ({ name, carries }) => name === shape && carries.includes('progress'),
      )
      for (const { id } of items) {
        for (const other of DIALECTS) await exportText(services, other, id)
        // The ids that the other exports created are no losses either.
        const strict = { shape, lossPolicy: 'reject' } as const
        const { losses } = await exportText(services, adapter.id, id, strict)
        expect(losses).toEqual([])
        if (hasProgress) await exportText(services, adapter.id, id, { ...strict, playerId: 'ada' })
      }
    },
  )
})

describe('a loss of an export', () => {
  test('names the position and the achievement of its entry', async () => {
    const entries = [accelbyte(), accelbyte({ AchievementCode: 'second', ID: '2', ListOrder: 2 })]
    await importText(services, 'accelbyte', textOf(...entries), { titleId: TITLE })
    const { losses } = await exportText(services, 'discord', TITLE)
    const tags = losses.filter(({ path }) => path.endsWith('.tags'))
    expect(tags).toMatchObject([
      { path: '$[0].achievement.tags', achievementId: 'first-light' },
      { path: '$[1].achievement.tags', achievementId: 'second' },
    ])
    const [time] = losses.filter(({ path }) => path === '$[1].achievement.createTime')
    expect(time).toMatchObject({ kind: 'dropped', from: '2023-01-19T09:36:17.123Z' })
    expect(losses.every(({ path }) => /^\$\[[01]\]\./.test(path))).toBe(true)
    const rejected = exportText(services, 'discord', TITLE, { lossPolicy: 'reject' })
    await expect(rejected).rejects.toThrow('$[0].achievement.id (of achievement first-light)')
  })

  test.each([
    ['discord', true],
    ['xbox', true],
    ['accelbyte', false],
  ])('in %s is a language that its reader would not assume: %s', async (dialect, isLoss) => {
    const title = { id: TITLE, displayName: TITLE, defaultLocale: 'en', bindings: {}, extensions: {} }
    await createTitle(services, { title, requestId: undefined }, call)
    const name = { locale: 'de', text: 'Licht', translations: {} }
    await createAchievement(
      services,
      {
        achievement: { ...achievementOf({ id: 'licht' }), name, description: name },
        titleId: TITLE,
        requestId: undefined,
      },
      call,
    )
    const languagesIn = async (locale?: string) => {
      const { losses } = await exportText(services, dialect, TITLE, locale === undefined ? {} : { locale })
      return losses.filter(({ path }) => path.endsWith('name.locale'))
    }
    const lost = { kind: 'coerced', path: '$[0].achievement.name.locale', from: 'de', to: 'en' }
    expect(await languagesIn()).toMatchObject(isLoss ? [lost] : [])
    expect(await languagesIn('de')).toEqual([])
  })
})

describe('progress that is said to be not started', () => {
  const requirement = {
    id: '0a',
    current: '5',
    target: '10',
    operationType: 'SUM',
    valueType: 'Integer',
    ruleParticipationType: 'Individual',
  }
  const cases = [
    [
      'with a value',
      { progression: { requirements: [requirement], timeUnlocked: '0001-01-01T00:00:00.0000000Z' } },
      { values: { '0a': 5n } },
    ],
    [
      'revoked',
      { isRevoked: true, progression: { requirements: [], timeUnlocked: '0001-01-01T00:00:00.0000000Z' } },
      { revoked: true },
    ],
  ] as const
  test.each(cases)('%s stays so, and comes back as it was', async (_, members, expected) => {
    const entry = xbox({ progressState: 'NotStarted', ...members })
    await importText(services, 'xbox', textOf(entry), { titleId: TITLE, playerId: 'ada' })
    const progress = await getProgress(
      services,
      { titleId: TITLE, achievementId: '7', playerId: 'ada' },
      call,
    )
    expect(progress).toMatchObject({ progress: { state: 'not_started', ...expected } })
    const { text } = await exportText(services, 'xbox', TITLE, { playerId: 'ada' })
    expect(JSON.parse(text).achievements).toMatchObject([
      { progressState: 'NotStarted', isRevoked: entry.isRevoked },
    ])
    const again = await importText(services, 'xbox', text, { titleId: TITLE, playerId: 'ada' })
    expect(again.summary).toMatchObject({ unchangedCount: 1, progressChangedCount: 0 })
    for (const [dialect, shape] of [
      ['discord', 'progress'],
      ['accelbyte', 'user'],
    ] as const) {
      const rows = await exportText(services, dialect, TITLE, { playerId: 'ada', shape })
      expect(rows.summary.entryCount).toBe(1)
    }
  })

  test('in a row of no progress is reported when it has no player', async () => {
    const { losses } = await importText(
      services,
      'xbox',
      textOf(xbox({ progressState: 'NotStarted', isRevoked: true })),
      { titleId: TITLE },
    )
    expect(losses).toMatchObject([{ kind: 'dropped', path: '$[0]' }])
    expect((await importText(services, 'discord', textOf(discord()), { titleId: TITLE })).losses).toEqual([])
  })
})
