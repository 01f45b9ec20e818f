import { expect, test } from 'vitest'
import { MINUTES, seriesOf, withUnlocks } from './unlock-minutes.ts'

const now = Date.parse('2026-03-04T05:06:30Z')
const unlocked = (time: string) => ({ kind: 'EVENT_KIND_UNLOCKED', time }) as const

test('unlocks are counted by minute, and only those of the last hour', () => {
  const minutes = withUnlocks(
    new Map(),
    [
      unlocked('2026-03-04T05:06:00.1234567Z'),
      unlocked('2026-03-04T05:06:29Z'),
      unlocked('2026-03-04T04:07:00Z'),
      unlocked('2026-03-04T04:06:59Z'),
      { kind: 'EVENT_KIND_PROGRESSED', time: '2026-03-04T05:06:00Z' },
    ],
    now,
  )
  const [times, counts] = seriesOf(minutes, now)
  expect(times).toHaveLength(MINUTES)
  expect(times.at(-1)).toBe(Date.parse('2026-03-04T05:06:00Z') / 1000)
  expect([counts[0], counts.at(-1)]).toEqual([1, 2])
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3)
})
