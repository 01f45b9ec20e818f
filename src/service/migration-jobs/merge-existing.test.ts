import { describe, expect, test } from 'vitest'
import { achievementOf, requirementOf } from '../../../test/support/records.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import { mergeExisting } from './merge-existing.ts'

const achievement = {
  ...achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] }),
  titleId: 't',
  etag: '1',
  createTime: 0n,
  updateTime: 0n,
}
const going = (value: bigint): Progress => ({
  ...NOT_STARTED,
  state: 'in_progress',
  values: { count: value },
  percent: Number(value),
  firstReportTime: 1n,
  writer: 'game',
})
const unlocked = (unlockTime: bigint | undefined, more: Partial<Progress> = {}): Progress => ({
  ...NOT_STARTED,
  state: 'achieved',
  values: { count: 100n },
  percent: 100,
  firstReportTime: 1n,
  unlockTime,
  unlockPrecision: unlockTime === undefined ? 'unknown' : 'imported',
  ...more,
})
const SECOND = 10_000_000n

describe('a record of progress that exists', () => {
  test.each([
    ['a lower value', going(80n), going(30n), going(80n), 'lower'],
    ['an equal value', going(80n), going(80n), going(80n), undefined],
    ['a higher value', going(30n), going(80n), going(80n), undefined],
    ['an unlock of progress', going(30n), unlocked(5n * SECOND), unlocked(5n * SECOND), undefined],
    ['progress of an unlock', unlocked(SECOND), going(30n), unlocked(SECOND), 'lower'],
    ['an earlier unlock', unlocked(5n * SECOND), unlocked(SECOND), unlocked(SECOND), 'unlock_time'],
    ['a later unlock', unlocked(SECOND), unlocked(5n * SECOND), unlocked(SECOND), 'unlock_time'],
    [
      'an unlock within a millisecond',
      unlocked(SECOND),
      unlocked(SECOND + 9_000n),
      unlocked(SECOND),
      undefined,
    ],
    ['an unknown unlock time', unlocked(SECOND), unlocked(undefined), unlocked(SECOND), undefined],
    ['a known time of an unknown one', unlocked(undefined), unlocked(SECOND), unlocked(SECOND), undefined],
    ['two unknown unlock times', unlocked(undefined), unlocked(undefined), unlocked(undefined), undefined],
    [
      'an unlock that is revoked here',
      unlocked(SECOND, { revoked: true }),
      unlocked(SECOND),
      unlocked(SECOND, { revoked: true }),
      'revoked',
    ],
    [
      'an unlock that is revoked there',
      unlocked(SECOND),
      unlocked(SECOND, { revoked: true }),
      unlocked(SECOND),
      undefined,
    ],
  ] as const)('%s', (_, ours, theirs, expected, conflict) => {
    const merged = mergeExisting(achievement, ours, theirs)
    const { state, values, percent, unlockTime, unlockPrecision, revoked } = expected
    expect(merged.progress).toMatchObject({ state, values, percent, unlockTime, unlockPrecision, revoked })
    expect(merged.conflict?.kind).toBe(conflict)
    expect(merged.isChanged).toBe(!sameFacts(ours, expected))
  })
})

const text = (_: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)

function sameFacts(left: Progress, right: Progress): boolean {
  const facts = ({ state, values, unlockTime, revoked }: Progress) =>
    JSON.stringify([state, values, String(unlockTime), revoked], text)
  return facts(left) === facts(right)
}
