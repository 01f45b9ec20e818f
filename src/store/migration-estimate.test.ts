import { expect, test } from 'vitest'
import { describeEstimate, estimateSeconds } from './migration-estimate.ts'
import { migrations } from './migrations/index.ts'

const ALL = Object.keys(migrations)
const events = (rows: number) => ({ table: 'events', rows, bytes: rows * 250 })

test('the estimate grows with the tables, and with the migrations that read them', () => {
  const seconds = [1, 2, 4].map((factor) => estimateSeconds(ALL, [events(factor * 10_000_000)]))
  expect(seconds).toEqual([51, 101, 201])
  expect(estimateSeconds(['0015-two-rows-per-report'], [events(10_000_000)])).toBe(26)
  expect(estimateSeconds(['0032-record-imports'], [])).toBe(1)
})

test('rows that the statistics do not know are estimated by their bytes', () => {
  expect(estimateSeconds(ALL, [{ ...events(0), bytes: 10 * 2 ** 30 }])).toBeGreaterThan(100)
})

test('the line names the tables, and gives a long time in minutes', () => {
  const line = describeEstimate(['0015-two-rows-per-report'], [events(100_000_000)])
  expect(line).toBe(
    'applying 1 migration, which read or rewrite events (100,000,000 rows, 23842 MiB): about 5 minutes',
  )
})
