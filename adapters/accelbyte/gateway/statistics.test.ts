import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { definition } from '../testing/client.ts'
import { startAccelByte } from '../testing/server.ts'
import { accelByteCaller, current, holders, items, nothing, stat, stats, values } from '../testing/social.ts'

const ADMIN = '/social/v1/admin/namespaces/regatta'
const PUBLIC = '/social/v1/public/namespaces/regatta'
const [ADMIN2, PUBLIC2] = [ADMIN, PUBLIC].map((path) => path.replace('v1', 'v2'))

let running: Awaited<ReturnType<typeof startAccelByte>>
let api: ReturnType<typeof accelByteCaller>

beforeAll(async () => {
  running = await startAccelByte()
  api = accelByteCaller(running.url)
  await create('laps', { setBy: 'CLIENT', maximum: 100 })
  await create('wins', { incrementOnly: true, tags: ['sea', 'race'], isPublic: true })
  await create('secret', { setBy: 'CLIENT', visibility: 'SERVERONLY', defaultValue: 3.5 })
})
afterAll(() => running[Symbol.asyncDispose]())

const create = (statCode: string, parts: object = {}) =>
  api.expect(
    [
      'POST',
      `${ADMIN}/stats`,
      { statCode, name: `The ${statCode}`, defaultValue: 0, setBy: 'SERVER', ...parts },
    ],
    201,
    stat,
  )
const item = (base: string | undefined, user: string, code: string, end = '') =>
  `${base}/users/${user}/stats/${code}/statitems${end}`
const put = (user: string, code: string, updateStrategy: string, value: number) =>
  api.expect(['PUT', item(ADMIN2, user, code, '/value'), { updateStrategy, value }], 200, current)

describe('a stat', () => {
  test('is kept with every member that it has', async () => {
    const full = {
      statCode: 'knots',
      name: 'Knots',
      description: 'How fast',
      defaultValue: 7.7,
      setBy: 'CLIENT',
      minimum: -5,
      maximum: 99.5,
      incrementOnly: true,
      setAsGlobal: true,
      globalAggregationMethod: 'MAX',
      isPublic: true,
      visibility: 'SERVERONLY',
      tags: ['b', 'a'],
      capCycleOverride: true,
      ignoreAdditionalDataOnValueRejected: true,
    }
    const created = await create('knots', full)
    expect(created).toMatchObject({ ...full, namespace: 'regatta', status: 'INIT' })
    expect(await api.expect(['GET', `${ADMIN}/stats/knots`], 200, stat)).toEqual(created)
    expect(await create('plain')).toMatchObject({
      minimum: 0,
      maximum: Number.MAX_VALUE,
      isPublic: false,
      visibility: 'SHOWALL',
      tags: [],
      setAsGlobal: false,
      incrementOnly: false,
    })
  })

  test('is updated in the members of the body, and keeps the others', async () => {
    const before = await create('tides', { tags: ['sea'], description: 'High', maximum: 9 })
    const path = `${ADMIN}/stats/tides`
    const after = await api.expect(
      ['PATCH', path, { name: 'Tides', description: null, tags: null, isPublic: true, minimum: -1 }],
      200,
      stat,
    )
    expect(after).toEqual({
      ...before,
      name: 'Tides',
      isPublic: true,
      minimum: -1,
      updatedAt: after.updatedAt,
    })
    const many = Array.from({ length: 6 }, (_, index) =>
      api.ask('PATCH', path, {
        [index % 2 ? 'visibility' : 'description']: index % 2 ? 'SERVERONLY' : 'Low',
      }),
    )
    for (const { status } of await Promise.all(many)) expect([200, 409]).toContain(status)
    expect(await api.expect(['GET', path], 200, stat)).toMatchObject({
      description: 'Low',
      visibility: 'SERVERONLY',
      tags: ['sea'],
    })
  })

  test('is listed twenty to a page, found by a word, and filtered', async () => {
    for (let index = 0; index < 20; index += 1) await create(`depth-${String(index).padStart(2, '0')}`)
    const first = await api.expect(['GET', `${ADMIN}/stats`], 200, stats)
    expect(first.data).toHaveLength(20)
    const next = await api.expect(['GET', first.paging.next], 200, stats)
    const codes = [...first.data, ...next.data].map(({ statCode }) => statCode)
    expect([codes, next.paging.next]).toEqual([[...codes].sort(), ''])
    const found = async (query: string) =>
      (await api.expect(['GET', `${ADMIN}/stats${query}`], 200, stats)).data.map(({ statCode }) => statCode)
    expect(await found('/search?keyword=THE%20W')).toEqual(['wins'])
    expect(await found('?isGlobal=true')).toEqual(['knots'])
    expect(await found('?isPublic=True&limit=2&offset=1')).toEqual(['tides', 'wins'])
    expect(await found('?cycleIds=weekly')).toEqual([])
  })

  test('is deleted while it has no values, and by another path with its values', async () => {
    const refused = (path: string) => api.refused('DELETE', `${ADMIN}/stats/${path}`)
    await create('gone')
    expect(await refused('gone/tied')).toMatchObject({ status: 409, errorCode: 12276 })
    await api.expect(['DELETE', `${ADMIN}/stats/gone`], 204, nothing)
    expect(await refused('gone')).toMatchObject({ status: 404, errorCode: 12241 })
    await create('gone')
    await put('ann', 'gone', 'OVERRIDE', 3)
    expect(await api.expect(['GET', `${ADMIN}/stats/gone`], 200, stat)).toMatchObject({ status: 'TIED' })
    expect(await refused('gone')).toMatchObject({ status: 409 })
    await api.expect(['DELETE', `${ADMIN}/stats/gone/tied`], 204, nothing)
    expect(await refused('gone/tied')).toMatchObject({ status: 404, errorCode: 12241 })
  })

  test('that cannot be is refused by the number of the service', async () => {
    const post = (parts: object) =>
      api.refused('POST', `${ADMIN}/stats`, {
        statCode: 'new',
        name: 'N',
        defaultValue: 0,
        setBy: 'SERVER',
        ...parts,
      })
    expect(await post({ statCode: 'laps' })).toMatchObject({
      status: 409,
      errorCode: 12271,
      messageVariables: { statCode: 'laps', namespace: 'regatta' },
    })
    expect(await post({ cycleIds: ['weekly'] })).toMatchObject({ status: 404, errorCode: 12245 })
    const wrong = [
      [{ setBy: 'ME' }, 'setBy'],
      [{ name: undefined }, 'name'],
      [{ minimum: 5 }, 'defaultValue'],
      [{ tags: ['a', 'a'] }, 'tags'],
      [{ statCode: '' }, 'statCode'],
      [{ defaultValue: '1' }, 'defaultValue'],
    ] as const
    for (const [parts, errorField] of wrong) {
      expect(await post(parts)).toMatchObject({ status: 422, errorCode: 20002, errors: [{ errorField }] })
    }
  })
})

describe('a value', () => {
  test('is written by each strategy, and moves its achievements before the answer', async () => {
    const client = running.clientOf('regatta')
    const goal = { incremental: true, goalValue: 10, statCode: 'wins' }
    await client.call('AdminCreateNewAchievement', { body: definition('ten-wins', goal) })
    expect(await put('bob', 'wins', 'INCREMENT', 4)).toEqual({ currentValue: 4 })
    expect(await put('bob', 'wins', 'MAX', 2)).toEqual({ currentValue: 4 })
    expect(await put('bob', 'wins', 'MIN', 9)).toEqual({ currentValue: 4 })
    const rows = async () => (await client.call('PublicListUserAchievements', { userId: 'bob' })).data
    expect(await rows()).toMatchObject([{ achievementCode: 'ten-wins', status: 1, latestValue: 4 }])
    expect(await put('bob', 'wins', 'OVERRIDE', 11.5)).toEqual({ currentValue: 11.5 })
    expect(await rows()).toMatchObject([{ status: 2, latestValue: 11.5 }])
  })

  test('of version 1 must be there first', async () => {
    const add = (inc: number): [string, string, object] => [
      'PATCH',
      item(ADMIN, 'cat', 'laps', '/value'),
      { inc },
    ]
    const missing = { status: 404, errorCode: 12242, messageVariables: { profileId: 'cat' } }
    expect(await api.refused(...add(1))).toMatchObject(missing)
    await api.expect(['POST', item(PUBLIC, 'cat', 'laps')], 201, nothing)
    expect(await api.refused('POST', item(ADMIN, 'cat', 'laps'))).toMatchObject({
      status: 409,
      errorCode: 12274,
    })
    expect(await api.expect(add(2.5), 200, current)).toEqual({ currentValue: 2.5 })
    const byClient = ['PUT', item(PUBLIC, 'cat', 'laps', '/value'), { inc: 1 }] as const
    expect(await api.expect(byClient, 200, current)).toEqual({ currentValue: 3.5 })
    const reset = ['PUT', item(PUBLIC, 'cat', 'laps', '/value/reset')] as const
    expect(await api.expect(reset, 200, current)).toEqual({ currentValue: 0 })
    await api.expect(['DELETE', item(ADMIN2, 'cat', 'laps')], 204, nothing)
    expect(await api.refused('DELETE', item(PUBLIC, 'cat', 'laps'))).toMatchObject(missing)
  })

  test('is refused, and not clamped, where its stat does not take it', async () => {
    const change = (code: string, updateStrategy: string, value: unknown, base = ADMIN2) =>
      api.refused('PUT', item(base, 'dan', code, '/value'), { updateStrategy, value })
    await put('dan', 'wins', 'OVERRIDE', 5)
    expect(await change('wins', 'INCREMENT', -1)).toMatchObject({ status: 409, errorCode: 12273 })
    expect(await change('laps', 'OVERRIDE', 101)).toMatchObject({ status: 409, errorCode: 12275 })
    expect(await change('laps', 'MIN', -1)).toMatchObject({ status: 409, errorCode: 12275 })
    expect(await change('none', 'MAX', 1)).toMatchObject({ status: 404, errorCode: 12241 })
    expect(await change('laps', 'DOUBLE', 1)).toMatchObject({ status: 422, errorCode: 20002 })
    expect(await change('laps', 'MAX', 'much')).toMatchObject({ status: 422, errorCode: 20002 })
    expect(await change('wins', 'INCREMENT', 1, PUBLIC2)).toMatchObject({ status: 400, errorCode: 12221 })
    const ofCharacter = `${item(ADMIN2, 'dan', 'laps', '/value')}?additionalKey=knight`
    expect(await api.refused('PUT', ofCharacter, { updateStrategy: 'MAX', value: 1 })).toMatchObject({
      status: 422,
      errors: [{ errorField: 'additionalKey' }],
    })
  })

  test('leaves no user behind where it is refused', async () => {
    await api.refused('PATCH', item(ADMIN, 'nobody', 'laps', '/value'), { inc: 1 })
    const players = await running.services.store.read(new AbortController().signal, (queries) =>
      queries.players.list('', 100),
    )
    expect(players.map(({ id }) => id).filter((id) => id.includes('nobody'))).toEqual([])
  })
})

describe('reading', () => {
  test('a user has the items that were made, and the default of all others', async () => {
    await put('eve', 'wins', 'OVERRIDE', 2)
    await put('eve', 'laps', 'OVERRIDE', 9)
    const listed = async (query: string, base = ADMIN) =>
      (await api.expect(['GET', `${base}/users/eve/statitems${query}`], 200, items)).data.map(
        ({ statCode, value }) => [statCode, value],
      )
    expect(await listed('')).toEqual([
      ['wins', 2],
      ['laps', 9],
    ])
    expect(await listed('?sortBy=statCode:desc')).toEqual([
      ['wins', 2],
      ['laps', 9],
    ])
    expect(await listed('?sortBy=statCode,createdAt:desc')).toEqual([
      ['laps', 9],
      ['wins', 2],
    ])
    expect(await listed('?tags=race&statCodes=wins,laps')).toEqual([['wins', 2]])
    expect(await listed('?isPublic=false', PUBLIC)).toEqual([['laps', 9]])
    const all = async (base: string | undefined, query: string) =>
      (await api.expect(['GET', `${base}/users/eve/statitems/value/bulk${query}`], 200, values)).map(
        ({ statCode, value }) => [statCode, value],
      )
    expect(await all(ADMIN2, '?statCodes=secret,wins&statCodes=nothing')).toEqual([
      ['secret', 3.5],
      ['wins', 2],
    ])
    expect(await all(PUBLIC2, '?statCodes=secret,wins')).toEqual([['wins', 2]])
    expect(await all(PUBLIC, '?tags=race')).toEqual([['wins', 2]])
  })

  test('many users are read by one stat', async () => {
    await put('fay', 'wins', 'OVERRIDE', 6)
    const or = `${ADMIN}/statitems/value/bulk/getOrDefault?statCode=wins&userIds=fay,gus`
    expect(await api.expect(['GET', or], 200, values)).toEqual([
      { profileId: 'fay', statCode: 'wins', value: 6 },
      { profileId: 'gus', statCode: 'wins', value: 0 },
    ])
    const present = `${PUBLIC}/statitems/bulk?statCode=wins&userIds=gus&userIds=fay`
    const { status, text } = await api.ask('GET', present)
    expect([status, JSON.parse(text)]).toMatchObject([200, [{ userId: 'fay', value: 6 }]])
    expect(await api.refused('GET', or.replace('wins', 'none'))).toMatchObject({ errorCode: 12241 })
    expect(await api.refused('GET', or.replace('fay,gus', ''))).toMatchObject({ status: 422 })
    const byCodes = ['POST', `${ADMIN2}/users/fay/statitems/value/bulk/getOrDefault`] as const
    expect(await api.expect([...byCodes, { statCodes: ['secret', 'none'] }], 200, values)).toEqual([
      { profileId: 'fay', statCode: 'secret', value: 3.5 },
    ])
    expect(await api.refused(...byCodes, { statCodes: Array(21).fill('a') })).toMatchObject({ status: 422 })
  })

  test('a stat is had by users, the greatest first', async () => {
    await create('depth')
    for (const [user, value] of [
      ['hal', 2],
      ['ida', 7],
      ['jan', 5],
    ] as const) {
      await put(user, 'depth', 'OVERRIDE', value)
    }
    const path = `${ADMIN}/stats/depth/statitems?limit=2`
    const first = await api.expect(['GET', path], 200, holders)
    const second = await api.expect(['GET', first.paging.next], 200, holders)
    expect([...first.data, ...second.data].map(({ userId, value }) => [userId, value])).toEqual([
      ['ida', 7],
      ['jan', 5],
      ['hal', 2],
    ])
    expect(second.paging.next).toBe('')
    expect(await api.refused('GET', path.replace('depth', 'none'))).toMatchObject({ errorCode: 12241 })
  })

  test("nobody is me without a player's credential", async () => {
    expect(await api.refused('GET', `${PUBLIC}/users/me/statitems`)).toMatchObject({
      status: 403,
      errorCode: 20022,
    })
  })
})
