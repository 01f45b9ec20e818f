import { afterAll, beforeAll, expect, test } from 'vitest'
import { definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'
import { accelByteCaller, results, stat } from '../testing/social.ts'

const path = (audience: 'admin' | 'public', version: 'v1' | 'v2', end: string) =>
  `/social/${version}/${audience}/namespaces/fleet${end}`

let running: Awaited<ReturnType<typeof startAccelByte>>
let api: ReturnType<typeof accelByteCaller>

beforeAll(async () => {
  running = await startAccelByte()
  api = accelByteCaller(running.url)
  for (const [statCode, setBy] of [
    ['ships', 'SERVER'],
    ['flags', 'CLIENT'],
  ]) {
    const body = { statCode, name: statCode, defaultValue: 0, setBy, maximum: 10 }
    await api.expect(['POST', path('admin', 'v1', '/stats'), body], 201, stat)
  }
  const goal = { incremental: true, goalValue: 5, statCode: 'ships' }
  const body = definition('five-ships', goal)
  await running.clientOf('fleet').call('AdminCreateNewAchievement', { body })
})
afterAll(() => running[Symbol.asyncDispose]())

async function bulk(method: string, where: string, body: unknown) {
  const all = await api.expect([method, where, body], 200, results)
  return all.map(({ statCode, userId, success, details }) => {
    expect(success).toBe('currentValue' in details)
    return [statCode, userId, 'currentValue' in details ? details.currentValue : details.errorCode]
  })
}

test('items of one user are taken in their order, each by itself', async () => {
  const one = (version: 'v1' | 'v2', end: string) => path('admin', version, `/users/ann/statitems/${end}`)
  const ships = [{ statCode: 'ships', inc: 2 }]
  expect(await bulk('PATCH', one('v1', 'value/bulk'), ships)).toEqual([['ships', 'ann', 12242]])
  const made = [{ statCode: 'ships' }, { statCode: 'ships' }, { statCode: 'none' }]
  expect(await bulk('POST', one('v1', 'bulk'), made)).toEqual([
    ['ships', 'ann', 0],
    ['ships', 'ann', 12274],
    ['none', 'ann', 12241],
  ])
  const incs = [...ships, { statCode: 'ships', inc: 9 }, { statCode: 'ships', inc: null }]
  expect(await bulk('PUT', one('v1', 'value/bulk'), incs)).toEqual([
    ['ships', 'ann', 2],
    ['ships', 'ann', 12275],
    ['ships', 'ann', 2],
  ])
  const updates = [
    { statCode: 'ships', updateStrategy: 'MAX', value: 6 },
    { statCode: 'flags', updateStrategy: 'OVERRIDE', value: 1.5 },
    { statCode: 'flags', updateStrategy: 'MIN', value: -1 },
  ]
  expect(await bulk('PUT', one('v2', 'value/bulk'), updates)).toEqual([
    ['ships', 'ann', 6],
    ['flags', 'ann', 1.5],
    ['flags', 'ann', 12275],
  ])
  const asked = { userId: 'ann' }
  const { data } = await running.clientOf('fleet').call('PublicListUserAchievements', asked)
  expect(data).toMatchObject([{ achievementCode: 'five-ships', status: 2, latestValue: 6 }])
  for (const [method, where] of [
    ['PUT', one('v1', 'value/reset/bulk')],
    ['PUT', one('v2', 'value/reset/bulk')],
  ] as const) {
    expect(await bulk(method, where, [{ statCode: 'ships' }])).toEqual([['ships', 'ann', 0]])
  }
})

test('items of many users have separate results, and a client writes only statistics of clients', async () => {
  const many = (audience: 'admin' | 'public', version: 'v1' | 'v2', end = 'value/bulk') =>
    path(audience, version, `/statitems/${end}`)
  const updates = ['bob', 'cat', 'bob'].map((userId, index) => ({
    userId,
    statCode: 'ships',
    updateStrategy: 'INCREMENT',
    value: index + 1,
    requestId: `r${index}`,
  }))
  const response = await api.expect(['PUT', many('admin', 'v2'), updates], 200, results)
  expect(response.map(({ userId, requestId, details }) => [userId, requestId, details])).toEqual([
    ['bob', 'r0', { currentValue: 1 }],
    ['cat', 'r1', { currentValue: 2 }],
    ['bob', 'r2', { currentValue: 4 }],
  ])
  const flags = updates.map((item) => ({ ...item, statCode: 'flags' }))
  expect(await bulk('PUT', many('public', 'v2'), [...updates.slice(0, 1), ...flags.slice(1)])).toEqual([
    ['ships', 'bob', 12221],
    ['flags', 'cat', 2],
    ['flags', 'bob', 3],
  ])
  const incs = ['bob', 'new'].map((userId) => ({ userId, statCode: 'flags', inc: 1 }))
  for (const method of ['PUT', 'PATCH']) {
    const reported = await bulk(method, many('public', 'v1'), incs)
    expect(reported.map(([, userId]) => userId)).toEqual(['bob', 'new'])
    expect(reported[1]).toEqual(['flags', 'new', 12242])
  }
  const resets = [{ userId: 'bob', statCode: 'ships' }]
  expect(await bulk('PUT', many('admin', 'v1', 'value/reset/bulk'), resets)).toEqual([['ships', 'bob', 0]])
})

test('a list that cannot be read changes nothing', async () => {
  const where = path('admin', 'v2', '/users/dan/statitems/value/bulk')
  const good = { statCode: 'ships', updateStrategy: 'INCREMENT', value: 1 }
  for (const bad of [
    { ...good, value: 'x' },
    { ...good, statCode: undefined },
    7,
    { ...good, additionalKey: 'k' },
  ]) {
    expect(await api.refused('PUT', where, [good, bad])).toMatchObject({ status: 422, errorCode: 20002 })
  }
  expect(await api.refused('PUT', where, good)).toMatchObject({
    status: 422,
    errors: [{ errorField: 'body' }],
  })
  expect(await api.refused('PUT', where, '[{')).toMatchObject({ status: 400, errorCode: 20019 })
  expect(await api.refused('PUT', where, Array(1001).fill(good))).toMatchObject({ status: 422 })
  const many = path('admin', 'v2', '/statitems/value/bulk')
  expect(await api.refused('PUT', many, [{ ...good, userId: 'dan' }, good])).toMatchObject({
    status: 422,
    errors: [{ errorField: '[1].userId' }],
  })
  const one = path('admin', 'v2', '/users/dan/statitems/value/bulk')
  const values = JSON.parse((await api.ask('GET', `${one}?statCodes=ships`)).text)
  expect(values).toMatchObject([{ statCode: 'ships', value: 0 }])
})

test('many writers of many users at once lose nothing', async () => {
  const where = path('admin', 'v2', '/statitems/value/bulk')
  const users = ['u1', 'u2', 'u3']
  const body = users.map((userId) => ({ userId, statCode: 'flags', updateStrategy: 'INCREMENT', value: 1 }))
  await Promise.all(
    Array.from({ length: 10 }, (_, index) => bulk('PUT', where, index % 2 ? body : [...body].reverse())),
  )
  const read = `${path('admin', 'v1', '/statitems/value/bulk/getOrDefault')}?statCode=flags&userIds=${users}`
  const values = JSON.parse((await api.ask('GET', read)).text) as { readonly value: number }[]
  expect(values.map(({ value }) => value)).toEqual([10, 10, 10])
})
