import { afterAll, beforeAll, expect, test } from 'vitest'
import { TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const TITLE = 'harbor'
const ROWS = 1_300

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  await createTitleWith(services, TITLE, [
    achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] }),
  ])
})
afterAll(() => services[Symbol.asyncDispose]())

async function partsOf(jobId: string, clock = services.now): Promise<bigint> {
  const key = await createTestJob(services, TITLE, jobId)
  const rows = Array.from({ length: ROWS }, (_, index) => ({
    player: `${jobId}-${index}`,
    achievement: 'laps',
    percent: 5,
  }))
  const { job } = await feedText({ ...services, now: clock }, key, linesOf(rows))
  expect(job.counts.new).toBe(BigInt(ROWS))
  return job.counts.parts
}

test('a job writes large parts while no caller reports progress', async () => {
  const secondsLater = () => services.now() + 10n * TICKS_PER_SECOND
  expect(await partsOf('alone', secondsLater)).toBe(1n)
})

test('a job writes small parts while callers report progress', async () => {
  const report = { kind: 'percent', percent: 10 } as const
  await recordProgress(
    services,
    {
      ...{ titleId: TITLE, playerId: 'ann', achievementId: 'laps', report },
      ...{ occurredTime: undefined, requestId: undefined },
    },
    callOf(),
  )
  const { now } = services
  const time = now()
  expect(await partsOf('beside', () => time)).toBeGreaterThanOrEqual(3n)
  expect(services.importTotals.records).toMatchObject({ new: 2 * ROWS })
  expect(services.importTotals.parts).toBeGreaterThanOrEqual(4)
})
