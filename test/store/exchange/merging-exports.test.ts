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
import { samplesIn } from '../../conformance/subjects.ts'
import { definitionsOf, exportText, importText } from '../../support/exchange.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const TITLE = 'harbor'
const call = callOf()
/** Achievements may be associated with other titles, whose ids the document then contains. */
const INTO_TITLE = { titleId: TITLE, allowRebinding: true }

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
  platforms: ['XboxOne', 'PC'],
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
  const arbitrary = fc.sample(records(adapter, ['definition'], []), 40)
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

  test.each([undefined, 'de', 'en', 'fr', 'ja'])(
    'changes nothing when it is imported again, exported in %s',
    async (locale) => {
      const before = await storedIn(services)
      const { text } = await exportText(services, dialect, TITLE, {
        shape,
        ...(locale === undefined ? {} : { locale }),
      })
      const entries = samplesIn(adapter, parseJson(text)).map(({ entry }) => formatJson(entry))
      for (const document of [text, ...entries]) {
        for (const stated of new Set([locale, undefined])) {
          const { outcomes } = await importText(services, dialect, document, {
            ...INTO_TITLE,
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
    const title = shape === 'rest' ? { titleId: TITLE } : {}
    await importText(services, dialect, text, { ...title, allowRebinding: true })
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
    const { etag: _etag, updateTime: _time, ...achievement } = found as NonNullable<typeof found>
    return achievement
  }
  const edited = async (
    dialect: string,
    shape: string,
    id: string,
    locale: string | undefined,
    change: (entry: JsonObject) => JsonObject,
  ) => {
    const before = await stored(id)
    const adapter = dialects.get(dialect) as NonNullable<ReturnType<typeof dialects.get>>
    const { text } = await exportText(services, dialect, TITLE, {
      shape,
      ...(locale === undefined ? {} : { locale }),
    })
    const names = [id, before.ids[dialect]]
    const entry = samplesIn(adapter, parseJson(text))
      .map((sample) => sample.entry)
      .find((one) => names.includes(String(one['id'] ?? one['AchievementCode'] ?? one['achievementCode'])))
    const document = formatJson(change(entry as JsonObject))
    const { outcomes } = await importText(services, dialect, document, { ...INTO_TITLE, locale })
    expect(outcomes).toMatchObject([{ kind: 'replaced' }])
    return { before, after: await stored(id) }
  }

  test.each([
    ['achievement', undefined, 'de'],
    ['achievement', 'de', 'de'],
    ['achievement', 'en', 'en'],
    ['achievement', 'fr', 'fr'],
    ['legacy', undefined, 'de'],
    ['legacy', 'en', 'en'],
  ])(
    'of the name in xbox %s, exported in %s, changes only the text in %s',
    async (shape, locale, language) => {
      const name = `changed in ${shape} of ${locale}`
      const { before, after } = await edited('xbox', shape, 'rich', locale, (entry) => ({ ...entry, name }))
      const { text, translations } = before.name
      const changed =
        language === 'de'
          ? { locale: 'de', text: name, translations }
          : { locale: 'de', text, translations: { ...translations, [language]: name } }
      expect(after).toEqual({ ...before, name: changed })
    },
  )

  test.each([
    ['legacy', { gamerscore: 30 }, { rewards: [...gamerscore(30), ...rich.rewards.slice(1)] }],
    ['legacy', { isSecret: false }, { hidden: false }],
    ['achievement', { platforms: ['XboxOne', 'PC', 'Android'] }, { platforms: ['XboxOne', 'PC', 'Android'] }],
    ['achievement', { deeplink: 'game://richer' }, { deepLink: 'game://richer' }],
  ])('of xbox %s to %o changes only that field', async (shape, change, expected) => {
    const { before, after } = await edited('xbox', shape, 'rich', undefined, (entry) => ({
      ...entry,
      ...change,
    }))
    expect(after).toEqual({ ...before, ...expected })
  })

  test('of a target does not change the stat, which the dialect cannot hold', async () => {
    const { before, after } = await edited('xbox', 'achievement', 'counted', 'en', (entry) => {
      const { requirements, ...progression } = entry['progression'] as { requirements: readonly JsonObject[] }
      return {
        ...entry,
        progression: { ...progression, requirements: requirements.map((one) => ({ ...one, target: '12' })) },
      }
    })
    const requirement = {
      id: 'ten',
      statCode: 'count',
      operator: 'at_least',
      target: 12n,
      valueType: 'integer',
    }
    expect(after).toEqual({ ...before, requirements: [requirement] })
  })

  test.each([
    ['export', 'GoalValue'],
    ['rest', 'goalValue'],
  ])(
    'of the goal in accelbyte %s does not change the id or type of the requirement',
    async (shape, member) => {
      const goal = shape === 'export' ? 14 : 15
      const { before, after } = await edited('accelbyte', shape, 'counted', undefined, (entry) => ({
        ...entry,
        [member]: goal,
      }))
      expect(after).toEqual({
        ...before,
        requirements: before.requirements.map((one) => ({ ...one, target: BigInt(goal) })),
      })
    },
  )

  test.each(['v6', 'v10'])('of a flag in discord %s changes only that flag', async (shape) => {
    const { before, after } = await edited('discord', shape, 'rich', 'en', (entry) => ({
      ...entry,
      secure: entry['secure'] !== true,
    }))
    expect(after).toEqual({ ...before, serverOnly: !before.serverOnly })
  })
})
