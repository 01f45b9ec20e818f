import { afterAll, beforeAll, expect, test } from 'vitest'
import { withAllIds } from '../../src/dialect/bindings.ts'
import { parseJson } from '../../src/dialect/json-text.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { dialects } from '../../src/registry.ts'
import { createAchievement } from '../../src/service/achievements/create-achievement.ts'
import { createTitle, getTitle } from '../../src/service/titles/titles.ts'
import { decodeSample, samplesIn } from '../conformance/subjects.ts'
import { changeOf } from '../support/changes.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { exportText, importText } from '../support/exchange.ts'
import { deliver, progressShownBy } from '../support/platform-client.ts'
import { achievementOf } from '../support/records.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

let services: TestServices
let server: RunningServer
const call = callOf()

beforeAll(async () => {
  services = await createTestServices()
  server = await startServer({ databaseUrl: services.databaseUrl })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

const names = [...dialects.values()].flatMap((adapter) =>
  Object.keys(adapter.ids.binding).map((name, index) => ({ adapter, name, number: 20 + index })),
)

test.each(names)(
  'a title that $adapter.id knows by its $name alone has the same ids in every place',
  async ({ adapter, name, number }) => {
    const { id: dialect } = adapter
    const { account, achievementId, binding } = fixturesOf(dialect)
    const own = { [name]: binding(number)[name] as string }
    const all = withAllIds(adapter, own)
    const titleId = `${dialect}-by-${name}`
    const title = { id: titleId, displayName: '', defaultLocale: 'en', extensions: {} }
    await createTitle(
      services,
      { title: { ...title, bindings: { [dialect]: own } }, requestId: undefined },
      call,
    )
    const id = achievementId(1)
    const achievement = achievementOf({ id: 'goal', ids: id === undefined ? {} : { [dialect]: id } })
    await createAchievement(services, { titleId, achievement, requestId: undefined }, call)

    const target = { titleId, account: account(number) }
    const change = changeOf(achievement, { kind: 'unlocked' })
    expect(await deliver(server.url, dialect, { ...target, binding: own }, [change])).toEqual(['delivered'])
    const shown = await progressShownBy(server.url, dialect, { ...target, binding: all })
    expect(shown).toMatchObject([{ state: 'achieved' }])

    for (const { name: shape, carries } of adapter.shapes) {
      const options = carries.includes('definition') ? {} : { playerId: 'all' }
      const { text } = await exportText(services, dialect, titleId, { shape, ...options })
      const [sample] = samplesIn(adapter, parseJson(text) as JsonObject)
      if (sample === undefined) throw new Error(`the export as ${shape} is empty`)
      const written = decodeSample(adapter, sample).result.title.binding
      expect([shape, { ...all, ...written }]).toEqual([shape, all])
      if (written === undefined) continue
      expect((await importText(services, dialect, text)).summary).toMatchObject({ titleId, failedCount: 0 })
    }
    const { bindings } = await getTitle(services, { titleId }, call)
    expect({ ...all, ...bindings[dialect] }).toEqual(all)
  },
)
