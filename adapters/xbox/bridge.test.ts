import { describe, expect, test } from 'vitest'
import { changeOf } from '../../test/support/changes.ts'
import { requirementOf } from '../../test/support/records.ts'
import { bridge } from './bridge.ts'

const scid = '00000000-0000-0000-0000-00007f3c91a2'
const target = {
  titleId: 'harbor-lights',
  binding: { service_config_id: scid, title_id: '2134675874' },
  account: '2814616665093727',
}

const on = (id: string, parts = {}) => ({ id: `a${id}`, ids: { xbox: id }, ...parts })

describe('an update', () => {
  test('has the bytes that Microsoft’s own client sends', () => {
    const lamp = changeOf(on('1'), { kind: 'unlocked' })
    const { requests, unsupported } = bridge.plan([lamp], target)
    expect(unsupported).toEqual([])
    expect(requests).toEqual([
      {
        method: 'POST',
        path: `/users/xuid(2814616665093727)/achievements/${scid}/update`,
        headers: { 'x-xbl-contract-version': '2', 'content-type': 'application/json; charset=utf-8' },
        body: expect.anything(),
        covers: [lamp],
      },
    ])
    expect(JSON.stringify(requests[0]?.body)).toBe(
      `{"action":"progressUpdate","serviceConfigId":"${scid}","titleId":2134675874,` +
        '"userId":"2814616665093727","achievements":[{"id":"1","percentComplete":100}]}',
    )
  })

  test('updates many achievements, each once, with its last value', () => {
    const changes = [
      changeOf(on('1'), { percent: 10 }),
      changeOf(on('2'), { percent: 99 }),
      changeOf(on('1'), { kind: 'unlocked' }),
      changeOf(on('1'), { percent: 40 }),
    ]
    const { requests } = bridge.plan(changes, target)
    expect(requests.map(({ body }) => body)).toMatchObject([
      {
        achievements: [
          { id: '1', percentComplete: 100 },
          { id: '2', percentComplete: 99 },
        ],
      },
    ])
    expect(requests.map(({ covers }) => covers)).toEqual([changes])
  })

  test('has at most 100 achievements', () => {
    const changes = Array.from({ length: 250 }, (_, index) => changeOf(on(String(index + 1)), { percent: 5 }))
    const { requests } = bridge.plan(changes, target)
    expect(requests.map(({ covers }) => covers.length)).toEqual([100, 100, 50])
  })

  test('of an achievement that follows a stat is a request of its own', () => {
    const requirements = [requirementOf({ statCode: 'kills' })]
    const changes = [changeOf(on('1'), {}), changeOf(on('2', { requirements }), {}), changeOf(on('3'), {})]
    const { requests } = bridge.plan(changes, target)
    const sent = requests.map(({ covers }) => covers.map(({ achievement }) => achievement.id))
    expect(sent).toEqual([['a1', 'a3'], ['a2']])
  })

  test('is 100 for an unlocked achievement, and for no other', () => {
    const expectPercent = (parts: Parameters<typeof changeOf>[1], percentComplete: number) => {
      const { requests } = bridge.plan([changeOf(on('1'), parts)], target)
      expect(requests).toMatchObject([{ body: { achievements: [{ id: '1', percentComplete }] } }])
    }
    expectPercent({ percent: 100, state: 'in_progress' }, 99)
    expectPercent({ percent: 50, state: 'achieved' }, 100)
    expectPercent({ kind: 'unlocked', percent: 0 }, 100)
  })

  test('finds the service configuration id of a newer title by its title id', () => {
    const binding = { title_id: '2134675874' }
    const [request] = bridge.plan([changeOf(on('1'), {})], { ...target, binding }).requests
    expect(request?.path).toContain(scid)
    expect(request?.body).toMatchObject({ serviceConfigId: scid, titleId: 2134675874 })
  })
})

test.each([
  ['what has no id there', changeOf({ id: 'a1' }, {}), target, /achievement a1 has no id at Xbox/],
  ['less than one percent', changeOf(on('1'), { percent: 0 }), target, /less than one percent/],
  [
    'a title without a binding',
    changeOf(on('1'), {}),
    { ...target, binding: {} },
    /no service configuration/,
  ],
  ['what was taken back', changeOf(on('1'), { kind: 'revoked' }), target, /no word for revoked/],
])('%s is unsupported', (_, change, to, reason) => {
  const { requests, unsupported } = bridge.plan([change], to)
  expect(requests).toEqual([])
  expect(unsupported).toEqual([{ change, reason: expect.stringMatching(reason) }])
})

test('304 is delivered, and any other response has the verdict of its status', () => {
  const changes = [changeOf(on('1'), {}), changeOf(on('2'), {})]
  const [request] = bridge.plan(changes, target).requests
  if (request === undefined) throw new Error('nothing was planned')
  expect(bridge.interpret?.(request, { status: 304, body: '' })).toEqual([
    { kind: 'delivered' },
    { kind: 'delivered' },
  ])
  for (const status of [200, 204, 400, 403, 404, 429, 500]) {
    expect(bridge.interpret?.(request, { status, body: '{}' })).toBeUndefined()
  }
})
