import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { formatInstant, TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import type { MigrationJob, MigrationJobKey } from '../../../src/model/migration-job.ts'
import type { MappedTime } from '../../../src/model/migration-mapping.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { finishJob, resumeJob } from '../../../src/service/migration-jobs/jobs.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/* Runs after the first skip what an earlier run has read, and lose nothing by it. */

const ACHIEVEMENTS = ['laps', 'wins'].map((id) =>
  achievementOf({ id, requirements: [requirementOf({ target: 100n })] }),
)
const PLAYERS = ['ann', 'bob', 'cy']
const MINUTE = 60n * TICKS_PER_SECOND
const OVERLAP_MINUTES = 5
/** 2024-01-01. */
const START = 1_704_067_200n * TICKS_PER_SECOND

let services: TestServices
let number = 0
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

interface Change {
  readonly player: string
  readonly achievement: string
  readonly percent: number
  /** Minutes since the change before. */
  readonly pause: number
  /** Minutes by which the time of the record is behind the change: clocks differ, and transactions take time. */
  readonly lag: number
  /** Written instead of the time. */
  readonly wrongTime: string | null | undefined
  /** Whether the other system is exported after the change. */
  readonly isExported: boolean
}

const change: fc.Arbitrary<Change> = fc.record({
  player: fc.constantFrom(...PLAYERS),
  achievement: fc.constantFrom(...ACHIEVEMENTS.map(({ id }) => id)),
  percent: fc.integer({ min: 0, max: 100 }),
  pause: fc.integer({ min: 0, max: 4 }),
  lag: fc.integer({ min: 0, max: OVERLAP_MINUTES }),
  wrongTime: fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(null, '', 'yesterday', '1970-01-01T00:00:00Z', '2150-01-01T00:00:00Z'),
    },
  ),
  isExported: fc.boolean(),
})

/** Plays changes in the other system, and returns its exports, the last one after all changes. */
function exportsOf(changes: readonly Change[]): readonly (readonly object[])[] {
  const records = new Map<string, object>()
  const exports: (readonly object[])[] = []
  let now = START
  for (const { player, achievement, percent, pause, lag, wrongTime, isExported } of changes) {
    now += BigInt(pause) * MINUTE
    const updated = wrongTime === undefined ? formatInstant(now - BigInt(lag) * MINUTE) : wrongTime
    records.set(`${player} ${achievement}`, { player, achievement, percent, updated })
    if (isExported) exports.push([...records.values()])
  }
  return [...exports, [...records.values()]]
}

const UPDATE_TIME: MappedTime = {
  field: 'updated',
  format: 'rfc3339',
  pattern: '',
  timeZone: 'UTC',
  unknownTexts: [],
}

async function runJob(key: MigrationJobKey, run: number, inputs: readonly string[]): Promise<MigrationJob> {
  await resumeJob(services, key, callOf())
  for (const [index, input] of inputs.entries())
    await feedText(services, key, input, { source: `run ${run} input ${index}`, partRows: 2 })
  return finishJob(services, key, callOf())
}

async function percentsOf(titleId: string) {
  const keys = PLAYERS.flatMap((playerId) =>
    ACHIEVEMENTS.map(({ id }) => ({ playerId, titleId, achievementId: id })),
  )
  const records = await services.store.read(NEVER_ABORTED, (queries) => queries.progress.listAt(keys))
  return records
    .map(({ playerId, achievementId, progress: { state, percent } }) =>
      [playerId, achievementId, state, percent].join(' '),
    )
    .sort()
}

test('any division of changes over runs gives the progress of one run of everything', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 5, maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      async (changes, inputCount) => {
        number += 1
        const [delta, whole] = [`delta-${number}`, `whole-${number}`]
        await createTitleWith(services, delta, ACHIEVEMENTS)
        await createTitleWith(services, whole, ACHIEVEMENTS)
        const overlap = BigInt(OVERLAP_MINUTES) * MINUTE
        const mapping = { unlockTime: undefined, updateTime: UPDATE_TIME }
        const deltaJob = await createTestJob(services, delta, 'job', mapping, 1_000n, 0, overlap)
        const wholeJob = await createTestJob(services, whole, 'job', { unlockTime: undefined })
        for (const [run, records] of exportsOf(changes).entries()) {
          // The parts of an export are in no order of time.
          const inputs = Array.from({ length: inputCount }, (_, index) =>
            linesOf(records.filter((_, record) => record % inputCount === index)),
          )
          const { counts, runCount } = await runJob(deltaJob, run, inputs)
          expect(runCount).toBe(run + 1)
          expect(counts.records).toBe(
            counts.new + counts.changed + counts.unchanged + counts.older + counts.refused,
          )
          await runJob(wholeJob, run, inputs)
        }
        expect(await percentsOf(delta)).toEqual(await percentsOf(whole))
      },
    ),
    { ...runs(15) },
  )
})

test('skips only records whose time is before the watermark of the ended runs minus the overlap', async () => {
  await createTitleWith(services, 'skips', ACHIEVEMENTS)
  const mapping = { unlockTime: undefined, updateTime: UPDATE_TIME }
  const key = await createTestJob(services, 'skips', 'job', mapping, 1_000n, 0, 10n * MINUTE)
  const record = (player: string, updated: string | null, percent = 10) => ({
    player,
    achievement: 'laps',
    percent,
    updated,
  })
  const first = await runJob(key, 0, [
    linesOf([record('ann', '2024-03-01T12:00:00Z'), record('zoe', '2150-01-01T00:00:00Z')]),
    // Older than the input before it, and of the same run.
    linesOf([record('bob', '2024-01-01T12:00:00Z')]),
  ])
  expect(first).toMatchObject({ runCount: 1, counts: { new: 3n, older: 0n } })
  expect(formatInstant(first.watermark ?? 0n)).toBe('2024-03-01T12:00:00Z')
  const second = await runJob(key, 1, [
    linesOf([
      record('ann', '2024-03-01T12:00:00Z', 20),
      record('bob', '2024-03-01T11:49:59Z', 20),
      record('cy', '2024-03-01T11:50:00Z', 20),
      record('dan', null, 20),
    ]),
  ])
  expect(second).toMatchObject({ runCount: 2, counts: { new: 5n, changed: 1n, older: 1n, records: 7n } })
  expect(second.watermark).toBe(first.watermark)
  expect(await percentsOf('skips')).toEqual([
    'ann laps in_progress 20',
    'bob laps in_progress 10',
    'cy laps in_progress 20',
  ])
})
