import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type Instant, TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import { JobThrottle } from '../../../src/service/migration-jobs/job-throttle.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { ONE_DATABASE } from '../../../src/store/citus/sharding.ts'
import { eventQueries } from '../../../src/store/events/events.ts'
import { READ_ON_WORKERS, skipOnCluster } from '../../support/citus.ts'
import { countingRows } from '../../support/counting-rows.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const TITLE = 'harbor'
const PART_ROWS = 20_000
const SMALL_PART_ROWS = 500
const { signal } = callOf()

let services: TestServices
let time: Instant
beforeAll(async () => {
  services = await createTestServices()
  await createTitleWith(services, TITLE, [
    achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] }),
  ])
})
afterAll(() => services[Symbol.asyncDispose]())
beforeEach(() => {
  time = services.now()
})

const open = () => JobThrottle.open({ ...services, now: () => time }, signal)

/** Writes a part a second later, and returns the number of rows of the next part. */
async function rowsAfterSecond(throttle: JobThrottle): Promise<number> {
  time += TICKS_PER_SECOND
  await throttle.run(signal, async () => {})
  return throttle.rowsOfPart(PART_ROWS)
}

function report(percent: number, occurredTime?: Instant) {
  const key = { titleId: TITLE, playerId: 'ann', achievementId: 'laps', requestId: undefined }
  return recordProgress(services, { ...key, report: { kind: 'percent', percent }, occurredTime }, callOf())
}

test('parts are small while callers report progress, and until that is known', async () => {
  const throttle = await open()
  expect(throttle.rowsOfPart(PART_ROWS)).toBe(SMALL_PART_ROWS)
  expect(await rowsAfterSecond(throttle)).toBe(PART_ROWS)
  await report(10)
  expect(await rowsAfterSecond(throttle)).toBe(SMALL_PART_ROWS)
  expect(await rowsAfterSecond(throttle)).toBe(PART_ROWS)
})

test('a report that states an earlier time counts', async () => {
  const throttle = await open()
  await report(20, services.now() - 600n * TICKS_PER_SECOND)
  expect(await rowsAfterSecond(throttle)).toBe(SMALL_PART_ROWS)
})

test('parts of jobs do not count, and their records are in the totals of the process', async () => {
  const throttle = await open()
  const key = await createTestJob(services, TITLE, 'other')
  const rows = Array.from({ length: 1_300 }, (_, index) => ({
    player: `other-${index}`,
    achievement: 'laps',
    percent: 5,
  }))
  const { job } = await feedText(services, key, linesOf(rows))
  expect(await rowsAfterSecond(throttle)).toBe(PART_ROWS)
  expect(services.importTotals.records).toMatchObject({ new: 1_300 })
  expect(BigInt(services.importTotals.parts)).toBe(job.counts.parts)
})

const insertReports = (count: number) =>
  onDatabase(
    services.databaseUrl,
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
      select 'player-' || n % 100, 'title-' || n % 10, 'laps', 'progressed', 0, 'in_progress', 1, '', '', ''
      from generate_series(1, ${count}) n`,
  )

test('only the counted events are read, of all titles', async ({ skip }) => {
  skipOnCluster(skip, READ_ON_WORKERS)
  const { databaseUrl } = services
  await insertReports(20_000)
  const [last] = await onDatabase(databaseUrl, 'select max(id) as id from events')
  const upTo = BigInt(last?.['id'] as string)
  const { result, rowsRead } = await countingRows(databaseUrl, ['events'], (db) =>
    eventQueries(db, ONE_DATABASE, async () => undefined).countReports(upTo - 1_000n, upTo),
  )
  expect(result).toBe(1_000)
  expect(rowsRead).toBeLessThan(1_100)
})

test('a job pauses longer beside other jobs, however many report, and not for ever', async () => {
  const pauseAfter = async (partMilliseconds: number) => {
    const throttle = await open()
    await insertReports(5_000)
    time += TICKS_PER_SECOND
    await throttle.run(signal, () => new Promise((resolve) => setTimeout(resolve, partMilliseconds)))
    const before = services.importTotals.pausedSeconds
    await throttle.run(signal, async () => {})
    return services.importTotals.pausedSeconds - before
  }
  await onDatabase(services.databaseUrl, 'delete from migration_jobs')
  await createTestJob(services, TITLE, 'one')
  const alone = await pauseAfter(40)
  expect(alone).toBeGreaterThan(0.11)
  expect(alone).toBeLessThan(0.24)
  for (const jobId of ['two', 'three', 'four']) await createTestJob(services, TITLE, jobId)
  expect(await pauseAfter(40)).toBeGreaterThan(0.44)
})
