import { expect, test } from 'vitest'
import { achievementOf, requirementOf } from '../../../test/support/records.ts'
import { parseInstant } from '../../model/instant.ts'
import { NOT_STARTED, type Progress } from '../../model/progress.ts'
import { verdictOf } from './verdict.ts'

const achievement = {
  ...achievementOf({ id: 'laps', requirements: [requirementOf({ target: 10n })] }),
  titleId: 't',
  etag: '1',
  createTime: 0n,
  updateTime: 0n,
  listOrder: 1,
}
const partly = (percent: number): Progress => ({ ...NOT_STARTED, state: 'in_progress', percent })
const unlocked = (time?: string): Progress => ({
  ...NOT_STARTED,
  state: 'achieved',
  percent: 100,
  unlockTime: time === undefined ? undefined : parseInstant(time),
})
const revoked: Progress = { ...unlocked(), revoked: true }
const first = '2024-01-02T03:04:05Z'

test.each([
  [partly(10), undefined, 'missing'],
  [NOT_STARTED, undefined, 'equal'],
  [NOT_STARTED, partly(10), 'exceeded'],
  [partly(20), partly(10), 'behind'],
  [partly(10), partly(10), 'equal'],
  [unlocked(first), partly(99), 'behind'],
  [partly(99), unlocked(first), 'exceeded'],
  [unlocked(first), unlocked('2024-01-02T03:04:05.0005Z'), 'equal'],
  [unlocked(first), unlocked('2024-01-02T03:04:05.0015Z'), 'unlock_time'],
  [unlocked(), unlocked(first), 'equal'],
  [unlocked(first), revoked, 'behind'],
  [revoked, unlocked(first), 'exceeded'],
  [revoked, revoked, 'equal'],
] as const)('%# is compared with the stored progress', (theirs, ours, verdict) => {
  expect(verdictOf(achievement, theirs, ours)).toBe(verdict)
})
