import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaurelError } from '../../../src/model/errors.ts'
import type { MigrationJobKey } from '../../../src/model/migration-job.ts'
import { type FedPart, feedJob } from '../../../src/service/migration-jobs/feed-job.ts'
import { getJob, pauseJob } from '../../../src/service/migration-jobs/jobs.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/* Of several failures, the first in the input is thrown, after the parts before it. */

const titleId = 'harbor'
const ROWS = Array.from({ length: 30 }, (_, index) => ({
  player: `p-${index}`,
  achievement: 'win',
  percent: 100,
}))
const BROKEN = new Error('the input broke')

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  await createTitleWith(services, titleId, [achievementOf({ id: 'win' })])
})
afterAll(() => services[Symbol.asyncDispose]())

/** Feeds rows in parts of ten; `interrupt` runs before the last rows, after which the input breaks. */
async function feedBroken(jobId: string, interrupt: (text: string) => Promise<unknown>) {
  const text = linesOf(ROWS)
  const content = (async function* () {
    yield Buffer.from(text.slice(0, text.length / 2))
    await interrupt(text)
    yield Buffer.from(text.slice(text.length / 2, text.length - 20))
    throw BROKEN
  })()
  const request = { titleId, jobId, source: 'rows', position: 0 }
  const parts: FedPart[] = []
  const failure = await (async () => {
    for await (const part of feedJob(services, request, content, callOf(), 10)) parts.push(part)
  })().catch((error: unknown) => error)
  return { failure, rows: parts.map(({ source }) => source.recordCount) }
}

/** Feeds the rest of the source by another call, once the first part is written. */
async function feedElsewhere(key: MigrationJobKey, text: string): Promise<void> {
  await expect
    .poll(async () => (await getJob(services, key, callOf())).sources.map(({ recordCount }) => recordCount))
    .toEqual([10n])
  for (;;) {
    const fed = await feedText(services, key, text).catch((error: LaurelError) => error)
    if (!(fed instanceof LaurelError)) return
  }
}

test('the parts before an input that breaks are written and returned', async () => {
  await createTestJob(services, titleId, 'breaks')
  const { failure, rows } = await feedBroken('breaks', async () => {})
  expect(failure).toBe(BROKEN)
  expect(rows).toEqual([10n, 20n])
})

test('a part that the job does not take comes before the input that breaks after it', async () => {
  const key = await createTestJob(services, titleId, 'paused')
  const { failure } = await feedBroken('paused', () => pauseJob(services, key, callOf()))
  expect(failure).toMatchObject({ reason: 'MIGRATION_JOB_NOT_RUNNING' })
})

test('a job that does not run comes before a source that is fed by another call', async () => {
  const key = await createTestJob(services, titleId, 'both')
  const { failure } = await feedBroken('both', async (text) => {
    await feedElsewhere(key, text)
    await pauseJob(services, key, callOf())
  })
  expect(failure).toMatchObject({ reason: 'MIGRATION_JOB_NOT_RUNNING' })
})

test('a source that is fed by another call comes before the input that breaks', async () => {
  const key = await createTestJob(services, titleId, 'twice')
  const { failure } = await feedBroken('twice', (text) => feedElsewhere(key, text))
  expect(failure).toMatchObject({ reason: 'TOO_MUCH_CONTENTION' })
})
