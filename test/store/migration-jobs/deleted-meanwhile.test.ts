import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestJob, createTitleWith, feedText } from '../../support/migration-job.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

/* A deletion commits after a call has read the record, and before it inserts rows that refer to it. */

let services: TestServices
let deleter: pg.Client

beforeAll(async () => {
  services = await createTestServices()
  deleter = new pg.Client({ connectionString: services.databaseUrl })
  await deleter.connect()
})
afterAll(async () => {
  await deleter.end()
  await services[Symbol.asyncDispose]()
})

/** Runs the call while the deletion is not committed, and commits it once the call waits. */
async function during(deletion: string, call: () => Promise<unknown>): Promise<unknown> {
  await deleter.query('begin')
  await deleter.query(deletion)
  const outcome = call().catch((error: unknown) => error)
  const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await deleter.query(waiting)).rowCount).toBe(1)
  await deleter.query('commit')
  return outcome
}

test('the first part of an input of a job that is deleted meanwhile finds no job', async () => {
  await createTitleWith(services, 'fed', [])
  const key = await createTestJob(services, 'fed', 'job')
  const outcome = await during(`delete from migration_jobs where title_id = 'fed'`, () =>
    feedText(services, key, '{}\n'),
  )
  expect(outcome).toMatchObject({ reason: 'MIGRATION_JOB_NOT_FOUND' })
})

test('a job of a title that is deleted meanwhile finds no title', async () => {
  await createTitleWith(services, 'gone', [])
  const outcome = await during(`delete from titles where id = 'gone'`, () =>
    createTestJob(services, 'gone', 'job'),
  )
  expect(outcome).toMatchObject({ reason: 'TITLE_NOT_FOUND' })
})
