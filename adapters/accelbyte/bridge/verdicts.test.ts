import { describe, expect, test } from 'vitest'
import type { BridgeChange } from '../../../src/dialect/bridge.ts'
import { changeOf } from '../../../test/support/changes.ts'
import { requirementOf } from '../../../test/support/records.ts'
import { bridge } from '../bridge.ts'

const target = { titleId: 'harbor-lights', binding: { namespace: 'harbor' }, account: 'ada' }
const unlocked = { kind: 'unlocked' } as const

function interpret(changes: readonly BridgeChange[], status: number, body: unknown) {
  const [request, ...others] = bridge.plan(changes, target).requests
  if (request === undefined || others.length > 0) throw new Error('one request was to be planned')
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return bridge.interpret?.(request, { status, body: text })
}

const kinds = (verdicts: ReturnType<typeof interpret>) => verdicts?.map(({ kind }) => kind)

describe('of several unlocks', () => {
  const codes = ['a', 'b', 'c', 'd', 'e', 'f']
  const changes = codes.map((id) => changeOf({ id }, unlocked))
  const failed = (achievementCode: string, errorCode: number, errorMessage: string) => ({
    achievementCode,
    success: false,
    errorDetail: { errorCode, errorMessage },
  })

  test('each has its own verdict, in whatever order', () => {
    const verdicts = interpret(changes, 200, [
      failed('f', 20000, 'internal error'),
      failed('b', 404, 'achievement b does not exist'),
      { achievementCode: 'A', success: true },
      failed('c', 40123, 'achievement is already unlocked'),
      failed('d', 429, 'slow down'),
    ])
    expect(verdicts).toEqual([
      { kind: 'delivered' },
      { kind: 'refused', reason: 'it answered 404: achievement b does not exist' },
      { kind: 'delivered' },
      { kind: 'retry', reason: 'it answered 429: slow down' },
      { kind: 'retry', reason: 'the answer tells nothing of achievement e' },
      { kind: 'retry', reason: 'it answered 20000: internal error' },
    ])
  })

  test.each(['', 'no json', '{}', '[1]', 'null'])('%j has no verdicts, so all are retried', (body) => {
    expect(kinds(interpret(changes, 200, body))).toEqual(codes.map(() => 'retry'))
  })

  test('a failure without a word is for good', () => {
    const said = [{ achievementCode: 'a', success: false }, failed('b', 40124, 'no')]
    expect(kinds(interpret(changes.slice(0, 2), 200, said))).toEqual(['refused', 'refused'])
  })

  test.each([400, 401, 404, 422, 500])('%i for all has the verdict of the status', (status) => {
    expect(interpret(changes, status, { errorCode: status, errorMessage: 'no' })).toBeUndefined()
  })
})

describe('of one unlock', () => {
  const plain = changeOf({ id: 'a' }, unlocked)
  const waiting = changeOf(
    { id: 'a', requirements: [requirementOf({ statCode: 's' }), requirementOf({ id: 'other' })] },
    unlocked,
  )

  test('204 and an earlier unlock are delivered', () => {
    expect(interpret([plain], 204, '')).toBeUndefined()
    for (const errorMessage of ['Achievement already unlocked', 'has already been achieved']) {
      expect(interpret([plain], 409, { errorCode: 1, errorMessage })).toEqual([{ kind: 'delivered' }])
    }
  })

  test('422 is for good, unless statistics that were just sent are on their way', () => {
    const body = { errorCode: 422, errorMessage: 'requirement count follows stat s' }
    expect(interpret([plain], 422, body)).toBeUndefined()
    expect(kinds(interpret([waiting], 422, body))).toEqual(['retry'])
    expect(interpret([waiting], 404, body)).toBeUndefined()
  })
})

test('a change has arrived when each of its values has', () => {
  const following = (id: string, ...stats: readonly string[]) => {
    const requirements = stats.map((statCode) => requirementOf({ id: statCode, statCode }))
    return changeOf({ id, requirements }, {}, { values: Object.fromEntries(stats.map((code) => [code, 1n])) })
  }
  const changes = [
    following('one', 'a'),
    following('two', 'a', 'b'),
    following('three', 'c', 'b'),
    following('four', 'c'),
    following('five', 'd'),
  ]
  const verdicts = interpret(changes, 200, [
    { statCode: 'a', success: true, details: { currentValue: 1 }, userId: 'ada' },
    {
      statCode: 'b',
      success: false,
      details: { errorCode: 12241, errorMessage: 'Stat [b] cannot be found' },
    },
    { statCode: 'c', success: false, details: { errorCode: 20000, errorMessage: 'internal error' } },
  ])
  expect(verdicts).toEqual([
    { kind: 'delivered' },
    { kind: 'refused', reason: 'it answered 12241: Stat [b] cannot be found' },
    { kind: 'refused', reason: 'it answered 12241: Stat [b] cannot be found' },
    { kind: 'retry', reason: 'it answered 20000: internal error' },
    { kind: 'retry', reason: 'the answer tells nothing of stat d' },
  ])
})
