import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import { decodeEntry } from '../../../src/dialect/translate.ts'
import { formatJson } from '../../../src/model/exact-json.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { createTitle, listTitles } from '../../../src/service/titles/titles.ts'
import { casesOf, decodeSample, folders, LOCALE, samplesIn } from '../../conformance/subjects.ts'
import { adapterOf, COMBINED, codeOf, entryOf, UNLOCK_TIME } from '../../support/documents.ts'
import { exportText, importText, textOf } from '../../support/exchange.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
beforeEach(async () => {
  services = await createTestServices()
})
afterEach(() => services[Symbol.asyncDispose]())

const TITLE = 'harbor'

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
      const options = { locale: LOCALE, playerId: 'ada' }
      const imported = await importText(services, adapter.id, text, options).catch(() =>
        importText(services, adapter.id, text, { titleId: TITLE, ...options }),
      )
      expect(imported.summary.failedCount).toBe(0)
      const { items } = await listTitles(services, { pageSize: undefined, pageToken: undefined }, call)
      const carries = adapter.shapes.find(({ name }) => name === shape)?.carries ?? []
      for (const { id } of items) {
        for (const other of adapters) await exportText(services, other.id, id)
        // The ids that the other exports created are no losses either.
        const strict = { shape, lossPolicy: 'reject' } as const
        const { losses } = await exportText(services, adapter.id, id, strict)
        expect(losses).toEqual([])
        if (carries.includes('progress'))
          await exportText(services, adapter.id, id, { ...strict, playerId: 'ada' })
      }
    },
  )
})

describe('a loss of an export', () => {
  test('names the position and the achievement of its entry', async () => {
    const has = (is: boolean) =>
      adapterOf(({ capabilities: { tags, definition_times: times } }) =>
        [tags, times].every((support) => (support !== 'none') === is),
      ).id
    const [from, to] = [has(true), has(false)]
    const entries = [1, 2].map((number) =>
      entryOf(from, { number, achievement: { tags: ['light'], createTime: UNLOCK_TIME } }),
    )
    await importText(services, from, textOf(...entries), { titleId: TITLE })
    const { losses } = await exportText(services, to, TITLE)
    expect(losses.filter(({ path }) => path.endsWith('.tags'))).toMatchObject([
      { path: '$[0].achievement.tags', achievementId: codeOf(from, 1) },
      { path: '$[1].achievement.tags', achievementId: codeOf(from, 2) },
    ])
    expect(losses.find(({ path }) => path === '$[1].achievement.createTime')).toMatchObject({
      kind: 'dropped',
      from: '2019-11-19T18:03:11.471Z',
    })
    expect(losses.filter(({ path }) => !/^\$\[[01]\]\./.test(path))).toEqual([])
    const rejected = exportText(services, to, TITLE, { lossPolicy: 'reject' })
    await expect(rejected).rejects.toThrow(`(of achievement ${codeOf(from, 1)})`)
  })

  test.each(adapters)(
    'in $id is a language that the document does not state and its reader would not assume',
    async (adapter) => {
      const title = { id: TITLE, displayName: TITLE, defaultLocale: 'en', bindings: {}, extensions: {} }
      await createTitle(services, { title, requestId: undefined }, call)
      const name = { locale: 'de', text: 'Licht', translations: {} }
      const achievement = achievementOf({ id: 'licht', name, description: name })
      await createAchievement(services, { achievement, titleId: TITLE, requestId: undefined }, call)
      const languagesIn = async (options: { readonly locale?: string }) => {
        const { losses } = await exportText(services, adapter.id, TITLE, options)
        return losses.filter(({ path }) => path.endsWith('name.locale'))
      }
      const entry = entryOf(adapter.id, { achievement: { name, description: name } })
      const read = decodeEntry(adapter, entry, { locale: 'und', envelope: {} }).result
      const lost = { kind: 'coerced', path: '$[0].achievement.name.locale', from: 'de', to: 'en' }
      expect(await languagesIn({})).toMatchObject(read.achievement?.name.locale === 'und' ? [lost] : [])
      expect(await languagesIn({ locale: 'de' })).toEqual([])
    },
  )
})

describe('progress that is said to be not started', () => {
  const requirements = [requirementOf({ id: 'steps', target: 10n })]
  const options = { titleId: TITLE, playerId: 'ada' }

  test.each([
    ['with a value', { values: { steps: 5n } }],
    ['revoked', { revoked: true }],
  ])('%s stays so, and comes back as it was', async (_, said) => {
    const progress = { account: undefined, state: 'not_started', ...said } as const
    const entry = entryOf(COMBINED, { achievement: { requirements }, progress })
    await importText(services, COMBINED, textOf(entry), options)
    const key = { ...options, achievementId: codeOf(COMBINED, 1) }
    expect(await getProgress(services, key, call)).toMatchObject({
      progress: { state: 'not_started', ...said },
    })
    const { text } = await exportText(services, COMBINED, TITLE, { playerId: 'ada' })
    const again = await importText(services, COMBINED, text, options)
    expect(again.summary).toMatchObject({ unchangedCount: 1, progressChangedCount: 0 })
    const rows = adapters.flatMap(({ id, shapes }) =>
      shapes.filter(({ carries }) => carries.join() === 'progress').map(({ name }) => [id, name] as const),
    )
    expect(rows.length).toBeGreaterThan(0)
    for (const [dialect, shape] of rows) {
      const row = await exportText(services, dialect, TITLE, { playerId: 'ada', shape })
      expect(row.summary.entryCount).toBe(1)
    }
  })

  test('and that says more is reported if it has no player', async () => {
    const progress = { account: undefined, state: 'not_started', revoked: true } as const
    const entry = entryOf(COMBINED, { achievement: {}, progress })
    const { losses } = await importText(services, COMBINED, textOf(entry), { titleId: TITLE })
    expect(losses).toMatchObject([{ kind: 'dropped', path: '$[0]' }])
  })
})
