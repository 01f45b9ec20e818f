import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { revokeAchievement } from '../../../src/service/progress/enforcement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { achievementOf, requirementOf } from '../../../test/support/records.ts'
import { callOf } from '../../../test/support/services.ts'
import { type AccelByteClient, definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'

const titleId = 'harbor-lights'
const call = callOf()

let running: Awaited<ReturnType<typeof startAccelByte>>
let client: AccelByteClient

beforeAll(async () => {
  running = await startAccelByte()
  client = running.client
  const create = (code: string, parts: object) =>
    client.call('AdminCreateNewAchievement', { body: definition(code, parts) })
  await create('lamp', { name: { en: 'Lamp', id: 'Lampu' }, tags: ['light'] })
  await create('buoy', { goalValue: 7.7, hidden: true, tags: ['sea'] })
  await create('miles', { incremental: true, goalValue: 100.001, statCode: 'miles', tags: ['sea'] })
  await create('tally', { incremental: true, goalValue: 3 })
  await create('fleet', { incremental: true, goalValue: 9, statCode: 'ships', global: true })
})
afterAll(() => running[Symbol.asyncDispose]())

const sail = (playerId: string, value: number) =>
  recordStats(
    running.services,
    {
      titleId,
      playerId,
      occurredTime: undefined,
      requestId: undefined,
      updates: [{ code: 'miles', operation: 'set', value }],
    },
    call,
  )
const rowsOf = async (userId: string, query = '', of: 'Admin' | 'Public' = 'Public') =>
  (await client.call(`${of}ListUserAchievements`, { userId, query })).data
const codesOf = async (...asked: Parameters<typeof rowsOf>) =>
  (await rowsOf(...asked)).map(({ achievementCode }) => achievementCode)
const playersNamed = async (part: string) => {
  const all = await running.services.store.read(call.signal, (queries) => queries.players.list('', 1000))
  return all.filter(({ id }) => id.includes(part))
}

describe('unlocking', () => {
  test.each(['Admin', 'Public'] as const)('by the %s path happens once, whatever the body', async (of) => {
    const userId = `keeper-${of}`
    const asked = { userId, code: 'lamp' }
    expect(await codesOf(userId)).toEqual([])
    const before = Date.now()
    await client.call(`${of}UnlockAchievement`, { ...asked, headers: { 'content-type': 'application/json' } })
    const [row, ...others] = await rowsOf(userId)
    expect([row, others]).toMatchObject([
      { achievementCode: 'lamp', name: { en: 'Lamp', id: 'Lampu' }, status: 2, latestValue: 1 },
      [],
    ])
    const achieved = Date.parse(row?.achievedAt ?? '')
    expect([before <= achieved, achieved <= Date.now()]).toEqual([true, true])
    for (const body of ['null', '{}', 'no json'])
      await client.call(`${of}UnlockAchievement`, { ...asked, body })
    expect(await rowsOf(userId)).toEqual([row])
  })

  test('gives the goal as the latest value, though nothing counted it', async () => {
    await client.call('AdminUnlockAchievement', { userId: 'counter', code: 'buoy' })
    expect(await rowsOf('counter')).toMatchObject([{ latestValue: 7.7, status: 2 }])
  })

  test('accepts any id of a user, and refuses other texts', async () => {
    await client.call('PublicUnlockAchievement', { userId: 'Ünüsual/user%2F id', code: 'lamp' })
    expect(await codesOf('Ünüsual/user%2F id')).toEqual(['lamp'])
    for (const userId of ['a\u0000b', 'x'.repeat(129)]) {
      expect((await client.fail('PublicUnlockAchievement', { userId, code: 'lamp' })).status).toBe(400)
    }
  })

  test.each(['Admin', 'Public'] as const)(
    'by the %s path is refused for incremental and global achievements',
    async (of) => {
      const fail = async (code: string) => {
        const { status, errorMessage } = await client.fail(`${of}UnlockAchievement`, {
          userId: 'cheat',
          code,
        })
        return [status, errorMessage]
      }
      expect(await fail('miles')).toEqual([422, expect.stringContaining('miles is incremental')])
      expect(await fail('fleet')).toEqual([422, expect.stringContaining('fleet is global')])
      const unknown = 'achievement none does not exist in namespace harbor-lights'
      expect(await fail('none')).toEqual([404, unknown])
      expect(await playersNamed('cheat')).toEqual([])
    },
  )

  test('of an incremental achievement without a statistic is refused to clients', async () => {
    const asked = { userId: 'tallied', code: 'tally' }
    const { status, errorMessage } = await client.fail('PublicUnlockAchievement', asked)
    expect([status, errorMessage]).toEqual([422, expect.stringContaining('tally is incremental')])
    expect(await playersNamed('tallied')).toEqual([])
    await client.call('AdminUnlockAchievement', asked)
    expect(await rowsOf('tallied')).toMatchObject([{ achievementCode: 'tally', latestValue: 3, status: 2 }])
  })

  test.each(['Admin', 'Public'] as const)('in bulk by the %s path answers for each', async (of) => {
    const asked = { userId: `bulk-${of}`, body: { achievementCodes: ['lamp', 'miles', 'none', 'lamp'] } }
    const results = await client.call(`${of}BulkUnlockAchievement`, asked)
    expect(results).toMatchObject([
      { achievementCode: 'lamp', success: true },
      { achievementCode: 'miles', success: false, errorDetail: { errorCode: 422 } },
      { achievementCode: 'none', success: false, errorDetail: { errorCode: 404 } },
      { achievementCode: 'lamp', success: true },
    ])
    expect(await codesOf(asked.userId)).toEqual(['lamp'])
    expect(
      await client.call(`${of}BulkUnlockAchievement`, { ...asked, body: { achievementCodes: [] } }),
    ).toEqual([])
    for (const body of ['', '{}', { achievementCodes: [1] }, { achievementCodes: null }]) {
      expect((await client.fail(`${of}BulkUnlockAchievement`, { ...asked, body })).status).toBe(400)
    }
  })

  test('from many sides at once makes one player, with one unlock', async () => {
    const asked = { userId: 'crowd', code: 'lamp' }
    const sides = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? 'Admin' : 'Public'))
    await Promise.all(sides.map((of) => client.call(`${of}UnlockAchievement`, asked)))
    expect(await playersNamed('crowd')).toMatchObject([{ accounts: [{ dialect: 'accelbyte', id: 'crowd' }] }])
    expect((await rowsOf('crowd')).length).toBe(1)
  })
})

describe('a player’s rows', () => {
  beforeAll(async () => {
    await client.call('PublicUnlockAchievement', { userId: 'ada', code: 'buoy' })
    await sail('accelbyte:ada', 50.5)
    const achievement = achievementOf({ id: 'thirds', requirements: [requirementOf({ target: 3n })] })
    await createAchievement(running.services, { titleId, achievement, requestId: undefined }, call)
    await client.call('PublicUnlockAchievement', { userId: 'ada', code: 'lamp' })
  })

  test('tell progress that was made in any other way', async () => {
    const [miles] = (await rowsOf('ada')).filter(({ achievementCode }) => achievementCode === 'miles')
    expect(miles).toMatchObject({ status: 1, latestValue: 50.5, achievedAt: '0001-01-01T00:00:00Z' })
    await sail('accelbyte:finished', 100.001)
    expect(await rowsOf('finished')).toMatchObject([{ status: 2, latestValue: 100.001 }])
    const report = { kind: 'reach', requirementId: undefined, quantity: 2n } as const
    const key = { titleId, playerId: 'accelbyte:teller', occurredTime: undefined, requestId: undefined }
    await recordProgress(running.services, { ...key, achievementId: 'tally', report }, call)
    expect(await rowsOf('teller')).toMatchObject([{ achievementCode: 'tally', status: 1, latestValue: 2 }])
  })

  test.each([
    [29, 0.87],
    [67, 2],
  ])('show %i percent of a whole count of 3 as %d', async (percent, latestValue) => {
    const key = { titleId, playerId: `accelbyte:part-${percent}`, achievementId: 'thirds' }
    const options = { occurredTime: undefined, requestId: undefined }
    await recordProgress(running.services, { ...key, ...options, report: { kind: 'percent', percent } }, call)
    expect(await rowsOf(`part-${percent}`)).toMatchObject([{ status: 1, latestValue }])
  })

  test('come in the order that is asked for, the unlocked ones first where that is preferred', async () => {
    expect(await codesOf('ada', '', 'Admin')).toEqual(['buoy', 'lamp', 'miles'])
    expect(await codesOf('ada', 'preferUnlocked=false', 'Admin')).toEqual(['buoy', 'miles', 'lamp'])
    expect(await codesOf('ada', 'sortBy=createdAt:asc')).toEqual(['buoy', 'miles', 'lamp'])
    expect(await codesOf('ada', 'sortBy=createdAt&preferUnlocked=True')).toEqual(['buoy', 'lamp', 'miles'])
    expect(await codesOf('ada', 'sortBy=createdAt', 'Admin')).toEqual(['buoy', 'lamp', 'miles'])
    expect(await codesOf('ada', 'sortBy=achievedAt')).toEqual(['miles', 'buoy', 'lamp'])
    expect(await codesOf('ada', 'sortBy=achievedAt:desc')).toEqual(['lamp', 'buoy', 'miles'])
    expect(await codesOf('ada', 'sortBy=listOrder')).toEqual(['lamp', 'buoy', 'miles'])
    expect(await codesOf('ada', 'sortBy=updatedAt:desc')).toEqual(['lamp', 'miles', 'buoy'])
    expect(await codesOf('ada', 'tags=sea&limit=1&offset=1')).toEqual(['miles'])
    expect(await codesOf('ada', `tags=${encodeURIComponent('sea|light')}`)).toEqual(['buoy', 'miles', 'lamp'])
    for (const query of ['sortBy=name', 'preferUnlocked=2', 'tags=a&tags=(', 'limit=-1']) {
      expect((await client.fail('PublicListUserAchievements', { userId: 'ada', query })).status).toBe(400)
    }
  })

  test('come with the counts of the namespace, and with ids that stay', async () => {
    const { data, countInfo } = await client.call('PublicListUserAchievements', { userId: 'ada' })
    expect(countInfo).toEqual({
      numberOfAchievements: 5,
      numberOfHiddenAchievements: 1,
      numberOfVisibleAchievements: 4,
    })
    const idsOf = (rows: typeof data) => rows.map(({ id }) => id)
    expect(idsOf(await rowsOf('ada'))).toEqual(idsOf(data))
    const others = idsOf(await rowsOf('keeper-Admin'))
    expect(new Set([...idsOf(data), ...others]).size).toBe(data.length + others.length)
    const unknownUser = await client.call('AdminListUserAchievements', { userId: 'nobody' })
    expect([unknownUser.data, unknownUser.paging]).toEqual([[], { previous: '', next: '' }])
  })

  test('are there by code and status', async () => {
    const query = async (codes: readonly string[], status: number) =>
      (await client.call('AdminBatchQueryUserAchievements', { userId: 'ada', body: { codes, status } })).map(
        ({ achievementCode }) => achievementCode,
      )
    const codes = ['miles', 'none', 'lamp', 'fleet', 'lamp', 'tally']
    expect(await query(codes, 1)).toEqual(['miles'])
    expect(await query(codes, 2)).toEqual(['lamp'])
    expect(await query(codes, 0)).toEqual(['miles', 'lamp'])
    for (const body of [{ codes }, { status: 1 }, { codes: [1], status: 1 }, { codes, status: 'x' }]) {
      const asked = { userId: 'ada', body }
      expect((await client.fail('AdminBatchQueryUserAchievements', asked)).status).toBe(400)
    }
  })

  test('leave out what enforcement took back', async () => {
    await client.call('PublicUnlockAchievement', { userId: 'eve', code: 'lamp' })
    const key = { titleId, playerId: 'accelbyte:eve', achievementId: 'lamp', requestId: undefined }
    await revokeAchievement(running.services, { ...key, reason: 'cheated' }, call)
    expect(await codesOf('eve')).toEqual([])
    await client.call('PublicUnlockAchievement', { userId: 'eve', code: 'lamp' })
    expect(await codesOf('eve')).toEqual([])
  })
})

describe('taking away', () => {
  test('resets one achievement, or all of a user, and creates no unknown user', async () => {
    const userId = 'forgetful'
    const unlock = (code: string) => client.call('PublicUnlockAchievement', { userId, code })
    await unlock('lamp')
    await unlock('buoy')
    await client.call('AdminResetAchievement', { userId, code: 'lamp' })
    expect(await codesOf(userId)).toEqual(['buoy'])
    await unlock('lamp')
    await client.call('AdminAnonymizeUserAchievement', { userId })
    expect(await codesOf(userId)).toEqual([])
    expect((await client.fail('AdminResetAchievement', { userId, code: 'none' })).status).toBe(404)
    await client.call('AdminAnonymizeUserAchievement', { userId: 'stranger' })
    await client.call('AdminResetAchievement', { userId: 'stranger', code: 'lamp' })
    expect((await client.fail('AdminResetAchievement', { userId: 'stranger', code: 'none' })).status).toBe(
      404,
    )
    expect(await playersNamed('stranger')).toEqual([])
  })
})

test.each([
  ...(['AdminListUserAchievements', 'PublicListUserAchievements', 'AdminUnlockAchievement'] as const),
  ...(['PublicUnlockAchievement', 'PublicBulkUnlockAchievement', 'AdminBulkUnlockAchievement'] as const),
  ...(['AdminResetAchievement', 'AdminAnonymizeUserAchievement', 'BulkCreatePSNEvent'] as const),
  ...(['AdminBatchQueryUserAchievements', 'AdminListTags', 'ExportAchievements'] as const),
])('%s returns not found for an unknown namespace', async (name) => {
  const writes = /Bulk|Batch/.test(name)
  const body = writes ? { achievementCodes: ['lamp'], codes: ['lamp'], status: 1 } : undefined
  const asked = { userId: 'ada', code: 'lamp', ...(body === undefined ? {} : { body }) }
  const refused = await running.clientOf('nowhere').fail(name, asked)
  expect([refused.status, refused.errorCode]).toEqual([404, 404])
})

test('events for PlayStation are refused by name', async () => {
  const refused = await client.fail('BulkCreatePSNEvent', { body: { data: [] } })
  expect([refused.status, refused.errorMessage]).toEqual([
    501,
    expect.stringMatching(/PlayStation .*not supp/),
  ])
})
