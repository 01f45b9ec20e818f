import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { getAchievement } from '../../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { getTitle } from '../../../src/service/titles/titles.ts'
import { accelbyte, discord, xbox } from '../../support/documents.ts'
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
const stored = (achievementId: string) => getAchievement(services, { titleId: TITLE, achievementId }, call)

describe('one achievement of several stores', () => {
  test('is matched by the dialect’s id, else by code, else by the mapping, never by name', async () => {
    expect(kindsOf(await importText(services, 'accelbyte', textOf(accelbyte()), { titleId: TITLE }))).toEqual(
      ['new'],
    )
    const dry = await importText(services, 'discord', textOf(discord()), { titleId: TITLE, dryRun: true })
    expect(dry.outcomes).toMatchObject([{ kind: 'new', possibleDuplicates: ['first-light'] }])
    const mapping = { '612233445566778899': 'first-light' }
    expect(
      kindsOf(await importText(services, 'discord', textOf(discord()), { titleId: TITLE, mapping })),
    ).toEqual(['replaced'])
    const again = await importText(services, 'discord', textOf(discord({ secret: false })), {
      titleId: TITLE,
    })
    expect(again.outcomes).toMatchObject([{ kind: 'replaced', achievementId: 'first-light' }])
    expect(await definitionsOf(services, TITLE)).toHaveLength(1)
  })

  test('gains the fields of each dialect, and loses none that a dialect cannot hold', async () => {
    await importText(services, 'accelbyte', textOf(accelbyte()), { titleId: TITLE })
    await importText(services, 'discord', textOf(discord()), {
      titleId: TITLE,
      mapping: { '612233445566778899': 'first-light' },
    })
    await importText(services, 'xbox', JSON.stringify({ achievements: [xbox()], pagingInfo: null }), {
      titleId: TITLE,
      mapping: { '7': 'first-light' },
      locale: 'de',
    })
    expect(await stored('first-light')).toMatchObject({
      name: {
        locale: 'en',
        text: 'First Light',
        translations: { de: 'Erstes Licht!', fr: 'Première lueur' },
      },
      description: { text: 'Light a lantern', translations: { de: 'Du hast Licht gemacht' } },
      lockedDescription: { locale: 'de', text: 'Mach Licht' },
      serverOnly: true,
      requirements: [{ statCode: 'lanterns', target: 10 }],
      rewards: [{ kind: 'gamerscore', value: '25' }],
      tags: ['light'],
      platforms: ['XboxOne'],
      ids: { accelbyte: '63c90f11e4b7c190ffab1203', discord: '612233445566778899', xbox: '7' },
    })
    expect(await getTitle(services, { titleId: TITLE }, call)).toMatchObject({
      bindings: {
        accelbyte: { namespace: 'harbor' },
        discord: { application_id: '498112233445566778' },
        xbox: { title_id: '1796175777' },
      },
    })
  })

  test('that is mapped to an unknown achievement fails without the other entries', async () => {
    const entries = [discord(), discord({ id: '612233445566778900' })]
    const result = await importText(services, 'discord', textOf(...entries), {
      titleId: TITLE,
      mapping: { '612233445566778899': 'nothing' },
    })
    expect(result.outcomes).toMatchObject([
      { kind: 'failed', error: { reason: 'ACHIEVEMENT_NOT_FOUND' } },
      { kind: 'new', achievementId: '612233445566778900' },
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
    await importText(services, 'accelbyte', '[]', { titleId: TITLE })
    await createAchievement(services, { titleId: TITLE, achievement, requestId: undefined }, call)
    for (const dialect of services.dialects.keys()) {
      const { text: exported } = await exportText(services, dialect, TITLE)
      const { ids: _, ...before } = await stored('rich')
      const again = await importText(services, dialect, exported, { titleId: TITLE })
      expect(kindsOf(again)).toEqual(['unchanged'])
      const { ids: __, ...after } = await stored('rich')
      expect(after).toStrictEqual(before)
    }
    const { text: exported } = await exportText(services, 'accelbyte', TITLE)
    const renamed = exported.replace('"en":"Rich"', '"en":"Richer"')
    expect(kindsOf(await importText(services, 'accelbyte', renamed, { titleId: TITLE }))).toEqual([
      'replaced',
    ])
    expect(await stored('rich')).toMatchObject({
      name: { text: 'Richer' },
      tags: { length: 6 },
      media: { length: 5 },
    })
  })

  test('is not written in a shape that cannot hold it', async () => {
    await importText(services, 'accelbyte', textOf(accelbyte()), { titleId: TITLE })
    const rejected = exportText(services, 'accelbyte', TITLE, { playerId: 'ann', shape: 'export' })
    await expect(rejected).rejects.toMatchObject({
      code: 'invalid_argument',
      violations: [{ field: 'shape' }],
    })
  })
})
