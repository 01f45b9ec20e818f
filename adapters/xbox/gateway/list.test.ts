import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseInstant } from '../../../src/model/instant.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { gamerscore, requirementOf } from '../../../test/support/records.ts'
import { callOf } from '../../../test/support/services.ts'
import { createXboxTitle, startXbox, type XboxIds, type XboxServer } from '../testing/server.ts'
import { serviceError } from '../testing/strict-model.ts'

let xbox: XboxServer
let first: XboxIds
let second: XboxIds
const XUID = '2533274800000001'
const USER = `/users/xuid(${XUID})`
const LARGEST = 2 ** 32 - 1
const untilYear = (year: number) => ({
  kind: 'challenge' as const,
  window: { start: 0n, end: parseInstant(`${year}-02-01T00:00:00Z`) ?? 0n },
})

beforeAll(async () => {
  xbox = await startXbox()
  first = await createXboxTitle(xbox.services, 'first', LARGEST, [
    { rewards: gamerscore(10) },
    { hidden: true, rewards: gamerscore(20) },
    { ids: { xbox: '10' }, ...untilYear(2001) },
    { ids: { xbox: '9' }, ...untilYear(9999) },
    { ids: { xbox: '8' }, ...untilYear(9998) },
  ])
  const miles = requirementOf({ id: 'miles', statCode: 'miles', target: 2.5, valueType: 'double' })
  second = await createXboxTitle(xbox.services, 'second', 7, [{}, { requirements: [miles] }])
  for (const [ids, percents] of [
    [first, { 1: 100 }],
    [first, { 2: 30 }],
    [first, { 9: 100 }],
    [second, { 1: 5 }],
  ] as const) {
    expect((await xbox.update(XUID, ids, percents)).status).toBe(200)
  }
  const updates = [{ code: 'miles', operation: 'set', value: 1.25 }] as const
  const shown = { occurredTime: undefined, requestId: undefined }
  await recordStats(
    xbox.services,
    { titleId: 'second', playerId: `xbox:${XUID}`, updates, writer: 'server', ...shown },
    callOf(),
  )
})
afterAll(() => xbox[Symbol.asyncDispose]())

const idsOf = ({ achievements }: { achievements: readonly { readonly id: unknown }[] }) =>
  achievements.map(({ id }) => id)
const listed = async (query: string) => idsOf(await xbox.list(`${USER}/achievements?${query}`))

describe('a list', () => {
  test('has an entry for each achievement, locked and hidden ones too', async () => {
    const { achievements, pagingInfo } = await xbox.list(`${USER}/achievements?titleId=${LARGEST}`)
    expect(pagingInfo).toEqual({ continuationToken: null, totalRecords: 5 })
    const [achieved, begun, locked] = achievements
    expect(achieved).toMatchObject({
      id: '1',
      serviceConfigId: first.scid,
      titleAssociations: [{ name: 'The first™', id: LARGEST }],
      progressState: 'Achieved',
      progression: { requirements: [] },
      rewards: [{ name: null, description: null, value: '10', type: 'Gamerscore', valueType: 'Int' }],
    })
    expect(begun).toMatchObject({
      id: '2',
      isSecret: true,
      name: 'a2',
      progressState: 'InProgress',
      progression: {
        requirements: [{ id: '00000000-0000-0000-0000-000000000000', current: '30', target: '100' }],
        timeUnlocked: '0001-01-01T00:00:00.0000000Z',
      },
    })
    expect(locked).toMatchObject({ id: '8', progressState: 'NotStarted', achievementType: 'Challenge' })
  })

  test('has the progress of an achievement that follows a stat', async () => {
    const { achievements } = await xbox.list(`${USER}/achievements?titleId=7`)
    expect(achievements[1]?.progression.requirements).toEqual([
      {
        id: 'miles',
        current: '1.25',
        target: '2.5',
        operationType: 'Sum',
        valueType: 'Double',
        ruleParticipationType: 'Individual',
      },
    ])
  })

  test('is of several titles, of none that is unknown, and of all that are played when none is named', async () => {
    expect(await listed(`titleId=7,${LARGEST}`)).toEqual(['1', '1', '2', '2', '8', '9', '10'])
    expect(await listed('titleId=7&titleId=7')).toEqual(['1', '2'])
    expect(await listed('titleId=123')).toEqual([])
    expect(await listed('')).toEqual(['1', '1', '2', '2', '8', '9', '10'])
    expect(idsOf(await xbox.list('/users/xuid(1)/achievements'))).toEqual([])
    const otherPlayer = await xbox.list(`/users/XUID(1)/achievements?titleId=7`)
    expect(otherPlayer.achievements.map(({ progressState }) => progressState)).toEqual([
      'NotStarted',
      'NotStarted',
    ])
  })

  test('is filtered, and counts the remaining entries', async () => {
    expect(await listed(`TITLEID=${LARGEST}&UnlockedOnly=True`)).toEqual(['1', '2', '9'])
    expect(await listed(`titleId=${LARGEST}&types=persistent`)).toEqual(['1', '2'])
    expect(await listed(`titleId=${LARGEST}&types=CHALLENGE&unlockedonly=1`)).toEqual(['9'])
    const { achievements } = await xbox.list(`${USER}/achievements?titleId=${LARGEST}&possibleOnly=true`)
    expect(new Set(achievements.map(({ progressState }) => progressState))).toEqual(new Set(['NotStarted']))
    expect(achievements).toHaveLength(5)
    expect(await listed('possibleOnly=true&unlockedOnly=true')).toEqual([])
  })

  test('is in the order that is asked for', async () => {
    const orderedBy = (order: string) => listed(`titleId=${LARGEST},7&orderBy=${order}`)
    expect(await orderedBy('Unordered')).toEqual(['1', '1', '2', '2', '8', '9', '10'])
    expect(await orderedBy('title')).toEqual(['1', '2', '1', '2', '8', '9', '10'])
    expect(await orderedBy('UNLOCKTIME')).toEqual(['9', '1', '1', '2', '2', '8', '10'])
    expect(await orderedBy('Endingsoon')).toEqual(['8', '9', '1', '1', '2', '2', '10'])
  })

  test.each([
    'maxItems=2',
    'maxItems=3&skipItems=1',
    'maxItems=1&continuationToken=0',
    'maxItems=10000',
    'maxItems=0',
  ])('is read to its end by the token: %s', async (query) => {
    const all = await listed('')
    const seen: unknown[] = []
    let token: string | null = ''
    for (let pages = 0; token !== null && pages < 20; pages += 1) {
      const path = `${USER}/achievements?${query}${token && `&continuationToken=${token}`}`
      const page = await xbox.list(token ? path.replace('&continuationToken=0', '') : path)
      seen.push(...idsOf(page))
      expect(page.pagingInfo.totalRecords).toBe(all.length)
      expect(page.pagingInfo.continuationToken).not.toBe(token)
      token = page.pagingInfo.continuationToken
    }
    expect(seen).toEqual(query.includes('skipItems=1') ? all.slice(1) : all)
  })

  test('beyond its end is empty', async () => {
    const { achievements, pagingInfo } = await xbox.list(`${USER}/achievements?continuationToken=99`)
    expect([achievements, pagingInfo]).toEqual([[], { continuationToken: null, totalRecords: 7 }])
  })

  test.each([
    'titleId=x',
    'titleId=4294967296',
    'titleId=-1',
    'maxItems=-1',
    'maxItems=many',
    'maxItems=1&maxItems=2',
    'skipItems=1.5',
    'continuationToken=next',
    'unlockedOnly=perhaps',
    'possibleOnly=2',
    'types=Weekly',
    'orderBy=constructor',
    `titleId=${Array.from({ length: 101 }, (_, index) => index).join()}`,
  ])('that is asked for badly is refused: %s', async (query) => {
    const response = await xbox.ask(`${USER}/achievements?${query}`)
    expect(response.status).toBe(400)
    const { code, description } = serviceError.parse(response.json())
    expect(code).toBe(4000)
    expect(description).toContain(query.split('=')[0])
  })
})

describe('one achievement', () => {
  test('is returned as a list of one', async () => {
    const { achievements, pagingInfo } = await xbox.list(`${USER}/achievements/${first.scid.toUpperCase()}/9`)
    expect(pagingInfo).toEqual({ continuationToken: null, totalRecords: 1 })
    expect(achievements).toEqual([expect.objectContaining({ id: '9', progressState: 'Achieved' })])
  })

  test.each([
    ['an unknown achievement', (scid: string) => `${USER}/achievements/${scid}/999`],
    ['one of another title', () => `${USER}/achievements/${second.scid}/10`],
    ['an unknown title', () => `${USER}/achievements/00000000-0000-0000-0000-00000000000f/1`],
    ['another path', () => `${USER}/achievement`],
  ])('is 404 for %s', async (_, path) => {
    const response = await xbox.ask(path(first.scid))
    expect(response.status).toBe(404)
    serviceError.parse(response.json())
  })
})
