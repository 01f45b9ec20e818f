import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { callOf } from '../../../test/support/services.ts'
import { definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'
import { accelByteCaller, contributions, contributors, current, globals, nothing } from '../testing/social.ts'

const A = '/achievement/v1/admin/namespaces/regatta'
const P = '/achievement/v1/public/namespaces/regatta'
const SERVERS = '/social/v2/admin/namespaces/regatta'

let running: Awaited<ReturnType<typeof startAccelByte>>
let api: ReturnType<typeof accelByteCaller>

beforeAll(async () => {
  running = await startAccelByte()
  api = accelByteCaller(running.url)
  const client = running.clientOf('regatta')
  const goal = (code: string, goalValue: number, parts: object = {}) => {
    const global = { incremental: true, global: true, statCode: 'miles', goalValue, hidden: true }
    return client.call('AdminCreateNewAchievement', { body: definition(code, { ...global, ...parts }) })
  }
  await goal('equator', 40.5, { tags: ['sea'], name: { en: 'Equator', id: 'Khatulistiwa' } })
  await goal('moon', 1000)
  await goal('calm', 1, { statCode: 'calm' })
  await client.call('AdminCreateNewAchievement', { body: definition('alone') })
})
afterAll(() => running[Symbol.asyncDispose]())

const sail = (userId: string, value: number, statCode = 'miles') =>
  api.expect(
    [
      'PUT',
      `${SERVERS}/users/${userId}/stats/${statCode}/statitems/value`,
      { updateStrategy: 'INCREMENT', value },
    ],
    200,
    current,
  )
const list = async (path: string) => (await api.expect(['GET', path], 200, globals)).data
const own = async (userId: string, query = '') =>
  (await api.expect(['GET', `${P}/users/${userId}/global/achievements${query}`], 200, contributions)).data
const claim = (userId: string, code: string): [string, string] => [
  'POST',
  `${P}/users/${userId}/global/achievements/${code}/claim`,
]

describe('a community goal', () => {
  test('is in no list before the first contribution, and then has one row for all players', async () => {
    expect(await list(`${P}/global/achievements`)).toEqual([])
    await sail('ann', 30.25)
    await sail('bob', 10)
    const rows = await list(`${A}/global/achievements`)
    expect(rows).toMatchObject([
      {
        achievementCode: 'equator',
        name: { en: 'Equator', id: 'Khatulistiwa' },
        status: 1,
        latestValue: 40.25,
      },
      { achievementCode: 'moon', status: 1, latestValue: 40.25 },
    ])
    expect(rows.every(({ achievedAt }) => achievedAt === undefined)).toBe(true)
    expect(await list(`${P}/global/achievements`)).toEqual(rows)
    const single = await running.clientOf('regatta').call('PublicListUserAchievements', { userId: 'ann' })
    expect(single.data).toEqual([])
  })

  test('has a list of contributors, the greatest first, with paths to all pages', async () => {
    await sail('cat', 0.25)
    const path = `${A}/global/achievements/moon/contributors`
    const first = await api.expect(['GET', `${path}?limit=2`], 200, contributors)
    expect(first.data.map(({ userId, contributedValue }) => [userId, contributedValue])).toEqual([
      ['ann', 30.25],
      ['bob', 10],
    ])
    const second = await api.expect(['GET', first.paging.next], 200, contributors)
    expect(second.data.map(({ userId }) => userId)).toEqual(['cat'])
    expect([first.paging.previous, second.paging.next]).toEqual(['', ''])
    const asked = `${P}/global/achievements/moon/contributors?sortBy=contributedValue`
    const ascending = await api.expect(['GET', asked], 200, contributors)
    expect(ascending.data.map(({ userId }) => userId)).toEqual(['cat', 'bob', 'ann'])
  })

  test('unlocks with the contribution that reaches it, and takes nothing more', async () => {
    await sail('bob', 5)
    await sail('bob', 5)
    const rows = await list(`${P}/global/achievements`)
    expect(rows).toMatchObject([
      { achievementCode: 'equator', status: 2, latestValue: 40.5 },
      { achievementCode: 'moon', status: 1, latestValue: 50.5 },
    ])
    expect(rows[0]?.achievedAt).toBeDefined()
    const codes = async (query: string) =>
      (await list(`${P}/global/achievements?${query}`)).map(({ achievementCode }) => achievementCode)
    expect(await codes('status=unlocked')).toEqual(['equator'])
    expect(await codes('status=in_progress')).toEqual(['moon'])
    expect(await codes('tags=sea')).toEqual(['equator'])
    expect(await codes('achievementCodes=moon,unknown')).toEqual(['moon'])
    expect(await codes('achievementCode=equator')).toEqual(['equator'])
    expect(await codes('sortBy=achievedAt:desc')).toEqual(['equator', 'moon'])
    expect(await codes('limit=1&offset=1')).toEqual(['moon'])
  })

  test('gives each contributor one reward, after the unlock', async () => {
    const claimable = (rows: Awaited<ReturnType<typeof own>>) =>
      rows.map(({ achievementCode, canClaimReward }) => [achievementCode, canClaimReward])
    expect(claimable(await own('ann', '?sortBy=contributedValue'))).toEqual([
      ['equator', true],
      ['moon', false],
    ])
    const refused = async (userId: string, code: string) => api.refused(...claim(userId, code))
    expect(await refused('ann', 'moon')).toMatchObject({ status: 400, errorCode: 20018 })
    expect(await refused('eve', 'equator')).toMatchObject({ status: 400, errorCode: 20018 })
    expect(await refused('ann', 'alone')).toMatchObject({ status: 400, errorCode: 20018 })
    expect(await refused('ann', 'unknown')).toMatchObject({ status: 404, errorCode: 404 })
    await api.expect(claim('ann', 'equator'), 202, nothing)
    const again = await refused('ann', 'equator')
    expect(again).toMatchObject({ status: 400, errorCode: 20018 })
    expect(again.errorMessage).toContain('claimed at')
    expect(claimable(await own('ann', '?tags=sea'))).toEqual([['equator', false]])
    expect(await own('eve')).toEqual([])
  })

  test('shows no player id of a contributor without an account', async () => {
    const { titleId } = await running.services.store
      .read(callOf().signal, (queries) =>
        queries.titleBindings.findTitleIds('accelbyte', { namespace: 'regatta' }),
      )
      .then(([id = '']) => ({ titleId: id }))
    const updates = [{ code: 'calm', operation: 'increment', value: 0.5 }] as const
    const report = {
      titleId,
      playerId: 'secret-player',
      updates,
      occurredTime: undefined,
      requestId: undefined,
    }
    await recordStats(running.services, report, callOf())
    const path = `${P}/global/achievements/calm/contributors`
    const { data } = await api.expect(['GET', path], 200, contributors)
    expect(data).toHaveLength(1)
    expect(JSON.stringify(data)).not.toContain('secret-player')
    expect(data).toEqual((await api.expect(['GET', path], 200, contributors)).data)
  })

  test('starts at zero after a reset', async () => {
    await api.expect(['DELETE', `${A}/global/achievements/equator/reset`], 204, nothing)
    expect((await list(`${P}/global/achievements`)).map(({ achievementCode }) => achievementCode)).toEqual([
      'moon',
      'calm',
    ])
    await sail('ann', 41)
    expect(await list(`${P}/global/achievements?status=unlocked`)).toMatchObject([
      { achievementCode: 'equator', latestValue: 41 },
    ])
    expect(await own('ann', '?achievementCodes=equator')).toMatchObject([{ canClaimReward: true }])
    expect(await api.refused('DELETE', `${A}/global/achievements/unknown/reset`)).toMatchObject({
      status: 404,
    })
  })

  test('refuses unknown parameters and achievements', async () => {
    for (const query of ['status=2', 'sortBy=listOrder', 'limit=0', 'offset=-1', 'tags=a%26']) {
      expect(await api.refused('GET', `${P}/global/achievements?${query}`)).toMatchObject({
        status: 400,
        errorCode: 20002,
      })
    }
    expect(await api.refused('GET', `${P}/global/achievements/nothing/contributors`)).toMatchObject({
      status: 404,
    })
    expect(
      await api.refused('GET', '/achievement/v1/public/namespaces/nowhere/global/achievements'),
    ).toMatchObject({
      status: 404,
    })
  })
})
