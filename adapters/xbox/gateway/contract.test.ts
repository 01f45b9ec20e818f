import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gamerscore } from '../../../test/support/records.ts'
import { countUnlocks } from '../../../test/support/unlock-counts.ts'
import { createXboxTitle, startXbox, type XboxIds, type XboxServer } from '../testing/server.ts'
import { serviceError } from '../testing/strict-model.ts'

let xbox: XboxServer
let ids: XboxIds
const XUID = '2533274800000002'
const USER = `/users/xuid(${XUID})`
const text = (locale: string, said: string, translations: Readonly<Record<string, string>>) => ({
  locale,
  text: said,
  translations,
})

beforeAll(async () => {
  xbox = await startXbox()
  ids = await createXboxTitle(xbox.services, 'spoken', 77, [
    {
      name: text('en', 'Hello', { 'de-DE': 'Hallo', fr: 'Bonjour' }),
      description: text('en', 'Said hello', { 'de-DE': 'Gegrüßt' }),
      lockedDescription: text('en', 'Say hello', { fr: 'Dis bonjour' }),
      rewards: gamerscore(15),
    },
    { rewards: gamerscore(5) },
    {},
  ])
  expect((await xbox.update(XUID, ids, { 1: 100, 2: 50 })).status).toBe(200)
})
afterAll(() => xbox[Symbol.asyncDispose]())

describe('a contract', () => {
  test('of no version is version 1, with earned achievements in its shape', async () => {
    const none = await xbox.listLegacy(`${USER}/achievements?titleId=77`)
    expect(none).toEqual(await xbox.listLegacy(`${USER}/achievements?titleId=77`, 1))
    expect(none).toMatchObject({
      achievements: [{ id: 1, titleId: 77, name: 'Hello', unlocked: true, gamerscore: 15 }],
      pagingInfo: { continuationToken: null, totalRecords: 1 },
      version: '0001-01-01T00:00:00.0000000Z',
    })
    const [earned] = none.achievements
    expect(earned?.timeUnlocked).toMatch(/^20\d\d-/)
  })

  test('of 1 and 3 has all of a title at a path of its own', async () => {
    const { achievements } = await xbox.listLegacy(`${USER}/titleachievements?titleId=77`, 1)
    expect(achievements.map(({ id, unlocked }) => [id, unlocked])).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ])
    expect((await xbox.ask(`${USER}/titleachievements?titleId=77`)).status).toBe(406)
  })

  test('of 3 and 4 says how rare each achievement is among who plays', async () => {
    const others = ['1001', '1002', '1003', '1004', '1005', '1006', '1007', '1008', '1009', '1010', '1011']
    const title = await createXboxTitle(xbox.services, 'rare', 78, [{}, {}, {}])
    for (const [index, xuid] of others.entries()) {
      const percents = { 1: index === 0 ? 100 : 1, 2: index < 4 ? 100 : 1 }
      expect((await xbox.update(xuid, title, percents)).status).toBe(200)
    }
    await countUnlocks(xbox.services)
    const { achievements } = await xbox.listWithRarity(`${USER}/achievements?titleId=78`)
    expect(achievements.map(({ rarity }) => rarity)).toEqual([
      { currentCategory: 'Rare', currentPercentage: 9.09 },
      { currentCategory: 'Common', currentPercentage: 36.36 },
      { currentCategory: 'Rare', currentPercentage: 0 },
    ])
    const legacy = await xbox.listLegacyWithRarity(`${USER}/titleachievements?titleId=78`)
    expect(legacy.achievements.map(({ rarity }) => rarity)).toEqual(achievements.map(({ rarity }) => rarity))
  })

  test.each(['0', '5', 'two', '2, 2', '-2'])('of %s is refused', async (contract) => {
    for (const path of [
      `${USER}/achievements`,
      `${USER}/history/titles`,
      `${USER}/achievements/${ids.scid}/1`,
    ]) {
      const response = await xbox.ask(path, { contract })
      expect(response.status).toBe(406)
      serviceError.parse(response.json())
    }
  })

  test('of 1 and 3 has no update', async () => {
    const body = { achievements: [{ id: 3, percentComplete: 1 }] }
    const statuses = []
    for (const contract of [1, 3, 2, 4, undefined]) {
      const response = await xbox.ask(`${USER}/achievements/${ids.scid}/update`, { contract, body })
      statuses.push(response.status)
    }
    expect(statuses).toEqual([406, 406, 200, 304, 304])
  })
})

describe('texts', () => {
  test.each([
    [undefined, 'Hello', 'Said hello', 'Say hello'],
    ['en-US', 'Hello', 'Said hello', 'Say hello'],
    ['de-DE', 'Hallo', 'Gegrüßt', 'Say hello'],
    ['DE', 'Hallo', 'Gegrüßt', 'Say hello'],
    ['de-AT, fr;q=0.5', 'Hallo', 'Gegrüßt', 'Dis bonjour'],
    ['de;q=0.1, fr-CA;q=0.9', 'Bonjour', 'Gegrüßt', 'Dis bonjour'],
    ['fr;q=0, de', 'Hallo', 'Gegrüßt', 'Say hello'],
    ['ja, *;q=0.5', 'Hello', 'Said hello', 'Say hello'],
    ['en, fr', 'Hello', 'Said hello', 'Say hello'],
    [';;q=,,__proto__;q=9, fr', 'Bonjour', 'Said hello', 'Dis bonjour'],
  ])('are in the first language of %s that there is', async (languages, name, description, locked) => {
    const headers = languages === undefined ? {} : { 'accept-language': languages }
    const { achievements } = await xbox.list(`${USER}/achievements?titleId=77`, headers)
    expect(achievements[0]).toMatchObject({ name, description, lockedDescription: locked })
  })
})
