import { describe, expect, test } from 'vitest'
import { changeOf } from '../../../test/support/changes.ts'
import { requirementOf } from '../../../test/support/records.ts'
import { bridge } from '../bridge.ts'

const target = { titleId: 'harbor-lights', binding: { namespace: 'harbor' }, account: 'ada/1' }
const achievements = '/achievement/v1/admin/namespaces/harbor/users/ada%2F1/achievements'
const values = '/social/v2/admin/namespaces/harbor/users/ada%2F1/statitems/value/bulk'

const miles = requirementOf({ id: 'goal', statCode: 'miles', target: 100.5, valueType: 'double' })
const wins = requirementOf({ id: 'wins', statCode: 'wins', target: 3n })
const lap = requirementOf({ id: 'lap', statCode: 'lap', operator: 'at_most', target: 90n })
const unlocked = { kind: 'unlocked' } as const

/** Each request's method, path and body, and the ids of the achievements that it covers. */
function planned(changes: Parameters<typeof bridge.plan>[0]) {
  const { requests } = bridge.plan(changes, target)
  return requests.map(({ method, path, body, covers }) => ({
    method,
    path,
    body,
    covers: covers.map((change) => changes.indexOf(change)),
  }))
}

describe('an unlock', () => {
  test('of one is a call without a body', () => {
    expect(planned([changeOf({ id: 'lamp 1' }, unlocked)])).toEqual([
      { method: 'PUT', path: `${achievements}/lamp%201/unlock`, body: undefined, covers: [0] },
    ])
  })

  test('of several is one call, and of more than fifty several', () => {
    const changes = Array.from({ length: 51 }, (_, index) => changeOf({ id: `a${index}` }, unlocked))
    const [first, second] = planned(changes)
    expect(first).toMatchObject({ method: 'PUT', path: `${achievements}/bulkUnlock` })
    expect(first?.body).toEqual({
      achievementCodes: changes.slice(0, 50).map(({ achievement }) => achievement.id),
    })
    expect(second).toMatchObject({ path: `${achievements}/a50/unlock`, covers: [50] })
  })

  test('of a code that can stand in no path is one of several', () => {
    expect(planned([changeOf({ id: '..' }, unlocked)])).toMatchObject([
      { path: `${achievements}/bulkUnlock`, body: { achievementCodes: ['..'] } },
    ])
  })

  test('of an achievement that follows a statistic sends at least the goal', () => {
    const isDeliverable = (value: number | undefined, sent: number) => {
      const progress = value === undefined ? {} : { values: { goal: value } }
      const change = changeOf({ id: 'sea', requirements: [miles] }, unlocked, progress)
      const body = [{ statCode: 'miles', updateStrategy: 'MAX', value: sent }]
      expect(planned([change])).toEqual([{ method: 'PUT', path: values, body, covers: [0] }])
    }
    isDeliverable(120.25, 120.25)
    isDeliverable(3, 100.5)
    isDeliverable(undefined, 100.5)
  })

  test('of an achievement with several requirements sends their statistics first', () => {
    const own = requirementOf({ id: 'own' })
    const change = changeOf({ id: 'many', requirements: [miles, wins, lap, own] }, unlocked, {
      values: { goal: 101, wins: 3n, lap: 80n },
    })
    const { requests } = bridge.plan([change, changeOf({ id: 'lamp' }, unlocked)], target)
    expect(requests.map(({ path }) => path)).toEqual([
      `${achievements}/lamp/unlock`,
      `${achievements}/many/unlock`,
    ])
    expect(requests[0]?.before).toBeUndefined()
    expect(requests[1]?.before).toMatchObject({
      method: 'PUT',
      path: values,
      covers: [],
      body: [
        { statCode: 'miles', updateStrategy: 'MAX', value: 101 },
        { statCode: 'wins', updateStrategy: 'MAX', value: 3 },
      ],
    })
  })

  test.each([
    ['counts without a statistic', [requirementOf({})]],
    ['falls to its target', [lap]],
  ])('of an achievement that %s is a plain unlock', (_, requirements) => {
    const { requests } = bridge.plan([changeOf({ id: 'plain', requirements }, unlocked)], target)
    expect(requests).toMatchObject([{ path: `${achievements}/plain/unlock` }])
    expect(requests[0]?.before).toBeUndefined()
  })
})

describe('progress', () => {
  test('is the value of each statistic, once', () => {
    const changes = [
      changeOf({ id: 'sea', requirements: [miles] }, {}, { values: { goal: 12.5 } }),
      changeOf({ id: 'ocean', requirements: [miles] }, {}, { values: { goal: 20 } }),
      changeOf(
        { id: 'both', requirements: [{ ...miles, id: 'a' }, wins] },
        {},
        { values: { a: 15, wins: 2n } },
      ),
      changeOf({ id: 'sea', requirements: [miles] }, unlocked, { values: { goal: 12.5 } }),
    ]
    const body = [
      { statCode: 'miles', updateStrategy: 'MAX', value: 100.5 },
      { statCode: 'wins', updateStrategy: 'MAX', value: 2 },
    ]
    expect(planned(changes)).toEqual([{ method: 'PUT', path: values, body, covers: [0, 1, 2, 3] }])
  })

  test.each([
    ['without a statistic', { id: 'lamp' }, {}, /follows no rising statistic/],
    ['of a lap time', { id: 'lamp', requirements: [lap] }, { lap: 95n }, /follows no rising statistic/],
    ['without a value', { id: 'lamp', requirements: [miles] }, {}, /in percent alone/],
    [
      'of all players',
      { id: 'lamp', requirements: [miles], participation: 'community' as const },
      {},
      /global/,
    ],
  ])('%s is unsupported', (_, parts, reached, reason) => {
    const change = changeOf(parts, {}, { values: reached })
    const { requests, unsupported } = bridge.plan([change], target)
    expect(requests).toEqual([])
    expect(unsupported).toEqual([{ change, reason: expect.stringMatching(reason) }])
  })
})

test('a reset replaces the changes before it, and is sent before the changes after it', () => {
  const [lamp, buoy] = [{ id: 'lamp' }, { id: 'buoy' }]
  const changes = [
    changeOf(lamp, unlocked),
    changeOf(buoy, unlocked),
    changeOf(lamp, { kind: 'reset' }),
    changeOf(lamp, unlocked),
  ]
  expect(planned(changes)).toEqual([
    { method: 'DELETE', path: `${achievements}/lamp/reset`, body: undefined, covers: [0, 2] },
    {
      method: 'PUT',
      path: `${achievements}/bulkUnlock`,
      covers: [1, 3],
      body: { achievementCodes: ['buoy', 'lamp'] },
    },
  ])
})
