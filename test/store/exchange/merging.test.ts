import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import type { Adapter, Feature } from '../../../src/dialect/adapter.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import { getAchievement } from '../../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { getTitle } from '../../../src/service/titles/titles.ts'
import { PROBES } from '../../conformance/features.ts'
import { BINDINGS } from '../../support/bound-title.ts'
import { adapterOf, CODED, codeOf, dialectIdOf, entryOf, UNCODED } from '../../support/documents.ts'
import { definitionsOf, exportText, importText, kindsOf, textOf } from '../../support/exchange.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
beforeEach(async () => {
  services = await createTestServices()
})
afterEach(() => services[Symbol.asyncDispose]())

const TITLE = 'harbor'
/** The parts of a record that a definition does not have. */
const EMPTY = {
  title: { binding: undefined, displayName: undefined, extensions: {} },
  progress: undefined,
  summary: undefined,
}
const stored = (achievementId: string) => getAchievement(services, { titleId: TITLE, achievementId }, call)

describe('one achievement of several stores', () => {
  const foreignId = dialectIdOf(UNCODED, 1)
  const mapping = { [foreignId]: 'goal-1' }

  test('is matched by the dialect’s id, else by code, else by the mapping, never by name', async () => {
    const imported = (dialect: string, achievement: Partial<Achievement>, options = {}) =>
      importText(services, dialect, textOf(entryOf(dialect, { achievement })), { titleId: TITLE, ...options })
    expect(kindsOf(await imported(CODED, {}))).toEqual(['new'])
    const dry = await imported(UNCODED, {}, { dryRun: true })
    expect(dry.outcomes).toMatchObject([{ kind: 'new', possibleDuplicates: ['goal-1'] }])
    expect(kindsOf(await imported(UNCODED, { hidden: true }, { mapping }))).toEqual(['replaced'])
    const again = await imported(UNCODED, { hidden: false })
    expect(again.outcomes).toMatchObject([{ kind: 'replaced', achievementId: 'goal-1' }])
    expect(await definitionsOf(services, TITLE)).toHaveLength(1)
  })

  test('gains the fields of each dialect, and loses none that a dialect cannot hold', async () => {
    const rich = achievementOf({
      id: 'goal-1',
      listOrder: 3,
      hidden: true,
      serverOnly: true,
      tags: ['light'],
      platforms: ['PC'],
      name: { locale: 'en', text: 'First Light', translations: { de: 'Erstes Licht', fr: 'Première lueur' } },
      description: { locale: 'en', text: 'Light a lantern', translations: { de: 'Mach Licht' } },
      requirements: [requirementOf({ id: 'goal', statCode: 'lanterns' })],
      rewards: gamerscore(25),
      deepLink: 'game://light',
      estimatedTime: 36_000_000_000n,
    })
    // A dialect with codes comes first, and dialects of one language last, in German.
    const german = (text: string) => ({ locale: 'de', text, translations: {} })
    const one = {
      name: german('Erstes Licht!'),
      description: german('Licht!'),
      lockedDescription: german('?'),
    }
    const isSingle = ({ capabilities }: Adapter) => capabilities.translations === 'none'
    const rank = (adapter: Adapter) => Number(isSingle(adapter)) * 2 - Number(adapter.hasCodes)
    const inOrder = adapters.toSorted((left, right) => rank(left) - rank(right))
    expect(inOrder.map(isSingle)).toEqual(expect.arrayContaining([false, true]))
    for (const [index, adapter] of inOrder.entries()) {
      const own = dialectIdOf(adapter.id, 1)
      const achievement = { ...rich, ids: { [adapter.id]: own }, ...(isSingle(adapter) ? one : {}) }
      const { outcomes } = await importText(
        services,
        adapter.id,
        textOf(entryOf(adapter.id, { achievement })),
        {
          titleId: TITLE,
          locale: isSingle(adapter) ? 'de' : 'en',
          mapping: index === 0 ? {} : { [own]: 'goal-1' },
        },
      )
      expect(outcomes.map(({ achievementId, error }) => error?.message ?? achievementId)).toEqual(['goal-1'])
    }
    const { titleId: _, etag: __, ...merged } = await stored('goal-1')
    expect(merged).toMatchObject({
      name: { ...rich.name, translations: { de: 'Erstes Licht!', fr: 'Première lueur' } },
      description: { ...rich.description, translations: { de: 'Licht!' } },
      lockedDescription: one.lockedDescription,
      ids: Object.fromEntries(adapters.map(({ id }) => [id, dialectIdOf(id, 1)])),
    })
    const texts = ['code', 'translations', 'locked_description', 'definition_times']
    for (const [feature, { purpose, read }] of Object.entries(PROBES)) {
      const isHeld = adapters.some(({ capabilities }) => capabilities[feature as Feature] !== 'none')
      if (purpose !== 'definition' || texts.includes(feature) || !isHeld) continue
      const [before, after] = [rich, merged].map((achievement) => read({ ...EMPTY, achievement }))
      expect([feature, after]).toEqual([feature, before])
    }
    const { bindings } = await getTitle(services, { titleId: TITLE }, call)
    for (const { id } of adapters)
      expect(Object.values(bindings[id] ?? {})).toContain(Object.values(BINDINGS[id] ?? {}).at(-1))
  })

  test('that is mapped to an unknown achievement fails without the other entries', async () => {
    const entries = [1, 2].map((number) => entryOf(UNCODED, { number }))
    const result = await importText(services, UNCODED, textOf(...entries), {
      titleId: TITLE,
      mapping: { [foreignId]: 'nothing' },
    })
    expect(result.outcomes).toMatchObject([
      { kind: 'failed', error: { reason: 'ACHIEVEMENT_NOT_FOUND' } },
      { kind: 'new', achievementId: codeOf(UNCODED, 2) },
    ])
  })
})

describe('an exported document', () => {
  test('changes nothing when it is imported again, even if its dialect holds only part of the record', async () => {
    const achievement = achievementOf({
      id: 'rich',
      name: { locale: 'en', text: 'Rich', translations: { de: 'Reich' } },
      requirements: [requirementOf({ id: 'a' }), requirementOf({ id: 'b', operator: 'at_most' })],
      rewards: gamerscore(5),
      media: (['icon', 'locked_icon', 'unlocked_icon', 'art', 'other'] as const).map((role) => ({
        role,
        name: role,
        url: `https://cdn.example/${role}.png`,
      })),
      tags: ['1', '2', '3', '4', '5', '6'],
    })
    await importText(services, CODED, '[]', { titleId: TITLE })
    await createAchievement(services, { titleId: TITLE, achievement, requestId: undefined }, call)
    for (const dialect of services.dialects.keys()) {
      const { text: exported } = await exportText(services, dialect, TITLE)
      const { ids: _, ...before } = await stored('rich')
      const again = await importText(services, dialect, exported, { titleId: TITLE })
      expect(kindsOf(again)).toEqual(['unchanged'])
      const { ids: __, ...after } = await stored('rich')
      expect(after).toStrictEqual(before)
    }
    const { text: exported } = await exportText(services, CODED, TITLE)
    const renamed = exported.replace('"Rich"', '"Richer"')
    expect(kindsOf(await importText(services, CODED, renamed, { titleId: TITLE }))).toEqual(['replaced'])
    expect(await stored('rich')).toMatchObject({
      name: { text: 'Richer' },
      tags: { length: 6 },
      media: { length: 5 },
    })
  })

  test('is not written in a shape that cannot hold it', async () => {
    await importText(services, CODED, textOf(entryOf(CODED)), { titleId: TITLE })
    const shape = adapterOf(CODED).shapes.find(({ carries }) => !carries.includes('progress'))?.name
    expect(shape).toBeDefined()
    const rejected = exportText(services, CODED, TITLE, { playerId: 'ann', shape })
    await expect(rejected).rejects.toMatchObject({
      code: 'invalid_argument',
      violations: [{ field: 'shape' }],
    })
  })
})
