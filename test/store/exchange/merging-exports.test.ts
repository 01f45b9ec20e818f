import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseJson } from '../../../src/dialect/json-text.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import { checkAchievement } from '../../../src/model/check-achievement.ts'
import { formatJson } from '../../../src/model/exact-json.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { pack } from '../../../src/model/packed.ts'
import { dialects } from '../../../src/registry.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { records } from '../../conformance/arbitraries.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { decodeSample, samplesIn } from '../../conformance/subjects.ts'
import { fixtures } from '../../support/dialect-fixtures.ts'
import { adapterOf } from '../../support/documents.ts'
import { definitionsOf, exportText, importText } from '../../support/exchange.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const TITLE = 'harbor'
const call = callOf()
/** Each export is imported in each of them, and each entry alone in one. */
const LOCALES = [undefined, 'de', 'en', 'fr', 'ja']

/** Each shape of each dialect that carries definitions. */
const exports = [...dialects.values()].flatMap((adapter) =>
  adapter.shapes
    .filter(({ carries }) => carries.includes('definition'))
    .map((shape) => ({ adapter, dialect: adapter.id, shape: shape.name })),
)

/** A record with something in every field, in a title whose language is German. */
const rich = achievementOf({
  id: 'rich',
  listOrder: 3,
  name: { locale: 'de', text: 'Reich', translations: { en: 'Rich', fr: 'Riche' } },
  description: { locale: 'de', text: 'Werde reich', translations: { en: 'Get rich' } },
  lockedDescription: { locale: 'de', text: 'Sammle Gold', translations: { en: 'Collect gold' } },
  hidden: true,
  serverOnly: true,
  kind: 'challenge',
  window: { start: 17_000_000_000_000_000n, end: 18_000_000_000_000_000n },
  participation: 'group',
  requirements: [
    requirementOf({ id: 'gold', statCode: 'gold', target: 100n }),
    requirementOf({ id: 'days' }),
  ],
  rewards: [
    ...gamerscore(25),
    { kind: 'in_app', value: 'crate', name: 'Crate', description: 'A crate', media: undefined },
  ],
  media: (['icon', 'locked_icon', 'unlocked_icon', 'art', 'other'] as const).map((role) => ({
    role,
    name: role,
    url: `https://cdn.example/${role}.png`,
  })),
  tags: ['1', '2', '3', '4', '5', '6'],
  platforms: ['Console', 'PC'],
  productId: 'product-1',
  deepLink: 'game://rich',
  estimatedTime: 36_000_000_000n,
  titleAssociations: [{ id: '77', name: 'Harbor', version: 'latest' }],
})
const counted = achievementOf({
  id: 'counted',
  name: { locale: 'de', text: 'Zähler', translations: { en: 'Counter' } },
  description: { locale: 'de', text: 'Zähle bis zehn', translations: { en: 'Count to ten' } },
  requirements: [requirementOf({ id: 'ten', statCode: 'count' })],
})

async function titleWith(achievements: readonly Achievement[]): Promise<TestServices> {
  const services = await createTestServices()
  const bindings = Object.fromEntries(
    [...dialects].map(([id, { ids }]) => [id, ids.deriveBinding(TITLE, 7n)]),
  )
  const title = { id: TITLE, displayName: 'Harbor', defaultLocale: 'de', extensions: {}, bindings }
  await createTitle(services, { title, requestId: undefined }, call)
  for (const achievement of achievements)
    await createAchievement(services, { titleId: TITLE, achievement, requestId: undefined }, call)
  // The first export to a dialect assigns the ids.
  for (const dialect of dialects.keys()) await exportText(services, dialect, TITLE)
  return services
}

async function storedIn(services: TestServices): Promise<string> {
  return pack(await definitionsOf(services, TITLE))
}

describe.each(exports)('$dialect in shape $shape', ({ adapter, dialect, shape }) => {
  const arbitrary = fc.sample(records(adapter, ['definition'], []), runs(40))
  const samples = [...new Map(arbitrary.map(({ achievement }) => [achievement?.id, achievement])).values()]
  let services: TestServices
  beforeAll(async () => {
    const others = samples.flatMap((achievement) =>
      achievement === undefined || checkAchievement(achievement).length > 0
        ? []
        : [{ ...achievement, ids: {} }],
    )
    expect(others.length).toBeGreaterThan(3)
    services = await titleWith([rich, counted, ...others])
  })
  afterAll(() => services[Symbol.asyncDispose]())

  test.each(LOCALES.map((locale, turn) => ({ locale, turn })))(
    'changes nothing when it is imported again, exported in $locale',
    async ({ locale, turn }) => {
      const before = await storedIn(services)
      const { text } = await exportText(services, dialect, TITLE, {
        shape,
        ...(locale === undefined ? {} : { locale }),
      })
      const entries = samplesIn(adapter, parseJson(text))
        .filter((_, index) => index % LOCALES.length === turn)
        .map(({ entry }) => formatJson(entry))
      for (const document of [text, ...entries]) {
        for (const stated of new Set([locale, undefined])) {
          const { outcomes } = await importText(services, dialect, document, {
            titleId: TITLE,
            locale: stated,
          })
          const wrong = outcomes.filter(({ kind }) => kind !== 'unchanged')
          expect(wrong.map(({ achievementId, error }) => error?.message ?? achievementId)).toEqual([])
        }
      }
      expect(await storedIn(services)).toBe(before)
    },
  )

  test('changes nothing when the request names neither title nor language', async () => {
    const before = await storedIn(services)
    const { text } = await exportText(services, dialect, TITLE, { shape })
    const records = samplesIn(adapter, parseJson(text)).map((sample) => decodeSample(adapter, sample).result)
    const title = records.every(({ title: { binding } }) => binding) ? {} : { titleId: TITLE }
    await importText(services, dialect, text, title)
    expect(await storedIn(services)).toBe(before)
  })
})

describe('a change in an exported document', () => {
  let services: TestServices
  beforeAll(async () => {
    services = await titleWith([rich, counted])
  })
  afterAll(() => services[Symbol.asyncDispose]())

  const stored = async (id: string) => {
    const found = (await definitionsOf(services, TITLE)).find((achievement) => achievement.id === id)
    const { etag: _etag, ...achievement } = found as NonNullable<typeof found>
    return { ...achievement, updateTime: undefined }
  }
  const edits = [...fixtures].flatMap(([dialect, { edits }]) => edits.map((edit) => ({ dialect, ...edit })))

  test.each(edits)('to $said in $dialect $shape, exported in $locale, changes only that', async (edit) => {
    const { dialect, shape, of, locale, change, changed } = edit
    const before = await stored(of)
    const adapter = adapterOf(dialect)
    const { text } = await exportText(services, dialect, TITLE, { shape, ...(locale && { locale }) })
    const found = samplesIn(adapter, parseJson(text)).find((sample) => {
      const { achievement } = decodeSample(adapter, sample).result
      return achievement?.ids[dialect] === before.ids[dialect] || achievement?.id === of
    })
    const document = formatJson(change(found?.entry as JsonObject))
    const options = { titleId: TITLE, locale }
    const plan = await importText(services, dialect, document, { ...options, dryRun: true })
    const fields = (plan.outcomes[0]?.changes ?? []).map(({ field }) => field.split(/[.[]/)[0])
    const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    expect(new Set(fields)).toEqual(new Set(Object.keys(changed(before)).map(snakeCase)))
    expect(await stored(of)).toEqual(before)
    const { outcomes } = await importText(services, dialect, document, options)
    expect(outcomes).toMatchObject([{ kind: 'replaced', changes: [] }])
    expect(await stored(of)).toEqual({ ...before, ...changed(before) })
    const again = await importText(services, dialect, document, { ...options, dryRun: true })
    expect(again.outcomes).toMatchObject([{ kind: 'unchanged', changes: [] }])
  })

  test.each([...dialects.keys()])(
    'is named by its code in %s where the entry cannot be read',
    async (dialect) => {
      const { text } = await exportText(services, dialect, TITLE)
      const [sample] = samplesIn(adapterOf(dialect), parseJson(text))
      const entry = sample?.entry as JsonObject
      const [member] = adapterOf(dialect).ids.members.filter((name) => Object.hasOwn(entry, name))
      const broken = Object.keys(entry).filter((name) => name !== member)
      const outcomes = await Promise.all(
        broken.map(async (name) => {
          const document = formatJson({ ...entry, [name]: [{ broken: [] }] })
          return (await importText(services, dialect, document, { titleId: TITLE, dryRun: true })).outcomes[0]
        }),
      )
      const failed = outcomes.filter((outcome) => outcome?.kind === 'failed')
      expect(failed.length).toBeGreaterThan(0)
      expect(new Set(failed.map((outcome) => outcome?.achievementId))).toEqual(
        new Set([String(entry[member ?? ''])]),
      )
    },
  )

  test('has a case for every dialect', () => {
    expect([...new Set(edits.map(({ dialect }) => dialect))]).toEqual([...dialects.keys()])
  })
})
