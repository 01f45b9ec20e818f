import { describe, expect, test } from 'vitest'
import { changeOf } from '../../test/support/changes.ts'
import { bridge } from './bridge.ts'

const target = {
  titleId: 'harbor-lights',
  binding: { application_id: '498112233445566778' },
  account: '80351110224678912',
}

const on = (id: string) => ({ id: `a${id}`, ids: { discord: id } })

test('each achievement has a request of its own, with its last percent', () => {
  const changes = [
    changeOf(on('1001'), { percent: 0 }),
    changeOf(on('1002'), { percent: 40 }),
    changeOf(on('1001'), { kind: 'unlocked' }),
  ]
  const { requests, unsupported } = bridge.plan(changes, target)
  const path = '/users/80351110224678912/applications/498112233445566778/achievements'
  const shared = { method: 'PUT', headers: { 'content-type': 'application/json' } }
  expect(unsupported).toEqual([])
  expect(requests).toEqual([
    {
      ...shared,
      path: `${path}/1001`,
      body: { percent_complete: 100 },
      covers: [changes[0], changes[2]],
    },
    { ...shared, path: `${path}/1002`, body: { percent_complete: 40 }, covers: [changes[1]] },
  ])
})

test('progress of zero percent is sent', () => {
  const [request] = bridge.plan([changeOf(on('1001'), { percent: 0 })], target).requests
  expect(request?.body).toEqual({ percent_complete: 0 })
})

test.each([
  ['what has no id there', changeOf({ id: 'a1' }, {}), target, /achievement a1 has no id at Discord/],
  ['a title without a binding', changeOf(on('1'), {}), { ...target, binding: {} }, /no application id/],
  ['an account that is none', changeOf(on('1'), {}), { ...target, account: '..' }, /no user id/],
  ['a reset', changeOf(on('1'), { kind: 'reset' }), target, /no word for reset/],
])('%s is unsupported', (_, change, to, reason) => {
  const { requests, unsupported } = bridge.plan([change], to)
  expect(requests).toEqual([])
  expect(unsupported).toEqual([{ change, reason: expect.stringMatching(reason) }])
})

describe('403', () => {
  const [request] = bridge.plan([changeOf(on('1'), {}), changeOf(on('1'), {})], target).requests
  const interpret = (body: string) => request && bridge.interpret?.(request, { status: 403, body })

  test.each([20012, 40001])('with code %i is for good', (code) => {
    const verdict = { kind: 'refused', reason: `it answered 403 with code ${code}: Unauthorized` }
    expect(interpret(JSON.stringify({ message: 'Unauthorized', code }))).toEqual([verdict, verdict])
  })

  test.each(['{"message": "Missing access", "code": 50001}', '', '[]', 'no json', '{"code": "40001"}'])(
    'with %j may pass',
    (body) => {
      expect(interpret(body)).toBeUndefined()
    },
  )
})
