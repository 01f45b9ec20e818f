import { afterEach, beforeEach, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { translate } from '../../../src/service/exchange/translate.ts'
import { createTitle, getTitle, listTitles } from '../../../src/service/titles/titles.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { CODED, entryOf, UNCODED } from '../../support/documents.ts'
import { definitionsOf, exportText, importText, textOf } from '../../support/exchange.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const TITLE = 'harbor'
beforeEach(async () => {
  services = await createTestServices()
})
afterEach(() => services[Symbol.asyncDispose]())

test.each(adapters)('ids that an export to $id creates are stored and counted, once', async ({ id, ids }) => {
  const title = { id: TITLE, displayName: TITLE, defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  for (const code of ['one', 'two'])
    await createAchievement(
      services,
      { titleId: TITLE, achievement: achievementOf({ id: code }), requestId: undefined },
      call,
    )
  expect((await exportText(services, id, TITLE)).summary).toMatchObject({ entryCount: 2, createdIdCount: 2 })
  expect((await exportText(services, id, TITLE)).summary).toMatchObject({ entryCount: 2, createdIdCount: 0 })
  for (const { ids: stored } of await definitionsOf(services, TITLE))
    expect(stored[id]).toSatisfy(ids.achievement.accepts)
  expect((await getTitle(services, { titleId: TITLE }, call)).bindings).toEqual({})
})

test('an export that a loss stops says how many ids it stored', async () => {
  const title = { id: TITLE, displayName: TITLE, defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  const achievement = achievementOf({
    id: 'one',
    serverOnly: true,
    tags: ['light'],
    requirements: [requirementOf()],
  })
  await createAchievement(services, { titleId: TITLE, achievement, requestId: undefined }, call)
  const stopped = exportText(services, UNCODED, TITLE, { lossPolicy: 'reject' })
  await expect(stopped).rejects.toMatchObject({
    reason: 'LOSSES_REJECTED',
    metadata: { createdIdCount: '1' },
  })
  expect((await exportText(services, UNCODED, TITLE)).summary).toMatchObject({ createdIdCount: 0 })
})

test.each([
  [CODED, UNCODED],
  [UNCODED, CODED],
])('two titles that are translated from %s to %s are imported into two', async (from, to) => {
  for (const number of [1, 2]) {
    const entry = entryOf(from, { binding: fixturesOf(from).binding(number) })
    async function* content() {
      yield new TextEncoder().encode(textOf(entry))
    }
    const options = { from, to, shape: undefined, locale: undefined, lossPolicy: 'report' } as const
    const parts = await Array.fromAsync(translate(services, options, content(), call))
    const text = parts.map((part) => new TextDecoder().decode(part.content)).join('')
    expect((await importText(services, to, text)).summary).toMatchObject({ titleCreated: true, newCount: 1 })
    expect((await importText(services, to, text)).summary).toMatchObject({
      titleCreated: false,
      unchangedCount: 1,
    })
  }
  const { items } = await listTitles(services, { pageSize: undefined, pageToken: undefined }, call)
  expect(items).toHaveLength(2)
})
