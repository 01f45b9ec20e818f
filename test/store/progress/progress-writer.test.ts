import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LaurelError } from '../../../src/model/errors.ts'
import type { ProgressResult } from '../../../src/model/progress.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { resetProgress } from '../../../src/service/progress/enforcement.ts'
import { batchRecordProgress, recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { RecordProgress } from '../../../src/service/progress/writer/contract.ts'
import type { Services } from '../../../src/service/services.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { databasesOf } from '../../support/citus.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, progressWriterOf, type TestServices } from '../../support/services.ts'
import { ACHIEVEMENTS, essenceOf, ReferenceModel, reportRequest } from './reference-model.ts'

let services: TestServices
/** Another process, with a cache of its own. */
let others: Services
let pool: pg.Pool
const call = callOf()

beforeAll(async () => {
  services = await createTestServices()
  others = { ...services, progressWriter: progressWriterOf(services) }
  pool = new pg.Pool({ connectionString: services.databaseUrl, max: 4 })
  const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  for (const achievement of ACHIEVEMENTS) {
    await createAchievement(services, { titleId: 'title', achievement, requestId: undefined }, call)
  }
})
afterAll(async () => {
  await pool.end()
  await services[Symbol.asyncDispose]()
})

/** Concurrent changes by another process, which make the cache stale or hold a lock. */
const DISTURBANCES = {
  none: async () => {},
  'other versions': () => pool.query('update progress set version = version + 1'),
  'other definitions': () => pool.query('update achievements set revision = revision + 1'),
  'a locked player title': () => holding(`select 1 from player_titles where player_id = 'ann' for update`),
  'locked progress': () => holding(`select 1 from progress where player_id = 'ann' for update`),
  'a locked definition': () => holding(`select 1 from achievements where id = 'counted' for update`),
}

async function holding(statement: string, work: () => Promise<unknown> = () => sleep(5)): Promise<void> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query(statement)
    await work()
  } finally {
    await client.query('commit')
    client.release()
  }
}

const disturbance = fc.constantFrom(...(Object.keys(DISTURBANCES) as (keyof typeof DISTURBANCES)[]))
const items = fc.array(reportRequest, { minLength: 1, maxLength: 6 })
const asks = fc.array(fc.record({ items, disturbance, elsewhere: fc.boolean() }), {
  minLength: 1,
  maxLength: 6,
})

/** A call for each item, or one for all. */
const WAYS: Readonly<
  Record<string, (services: Services, items: readonly RecordProgress[]) => Promise<readonly unknown[]>>
> = {
  'calls at the same time': (services, items) =>
    Promise.all(items.map((one) => recordProgress(services, one, call).catch((error: unknown) => error))),
  batches: (services, items) => batchRecordProgress(services, { items }, call),
}

describe.each(Object.entries(WAYS))('%s', (_, record) => {
  test('leaves the same progress as the reference model under concurrent changes', async () => {
    await fc.assert(
      fc.asyncProperty(asks, async (steps) => {
        await pool.query('delete from players')
        await pool.query('delete from player_requests')
        await pool.query('delete from events')
        const reference = new ReferenceModel()
        for (const { items, disturbance, elsewhere } of steps) {
          const there = elsewhere ? others : services
          const [outcomes] = await Promise.all([record(there, items), DISTURBANCES[disturbance]()])
          const expected = items.map((one) => reference.record(one))
          expect(outcomes.map(outcomeOf)).toEqual(expected)
        }
        await expectStored(reference)
      }),
      runs(60),
    )
  })
})

const percentOn = (achievementId: string, percent: number): RecordProgress => ({
  titleId: 'title',
  playerId: 'dan',
  achievementId,
  occurredTime: undefined,
  requestId: undefined,
  report: { kind: 'percent', percent },
})

test('does not overwrite the progress of another process when only a part of it is cached', async () => {
  // The first reads the definition, and the progress after the second is cached.
  for (const percent of [5, 10]) await recordProgress(services, percentOn('plain', percent), call)
  await recordProgress(others, percentOn('plain', 100), call)
  const items = [percentOn('plain', 20), percentOn('counted', 20)]
  const outcomes = await batchRecordProgress(services, { items }, call)
  expect(outcomes).toMatchObject([{ changed: false, alreadyUnlocked: true }, { changed: true }])
})

test('does not take a row that was deleted and inserted again for the cached one', async () => {
  // All at the same time, so that no version can come from the clock.
  const time = services.now()
  const stopped = { ...services, now: () => time }
  const [here, there] = [stopped, stopped].map((each) => ({
    ...each,
    progressWriter: progressWriterOf(each),
  }))
  const on = (percent: number) => ({ ...percentOn('plain', percent), playerId: 'zoe' })
  for (const percent of [5, 10, 15]) await recordProgress(here as Services, on(percent), call)
  const { report: _, occurredTime: __, ...key } = on(0)
  await resetProgress(there as Services, { ...key, reason: '' }, call)
  for (const percent of [50, 100]) await recordProgress(there as Services, on(percent), call)
  expect(await recordProgress(here as Services, on(20), call)).toMatchObject({ alreadyUnlocked: true })
})

test('records reports that start nothing without locks, and once for each request', async () => {
  const nothing = { ...percentOn('plain', 0), playerId: 'nan', requestId: 'nothing' }
  await recordProgress(services, { ...percentOn('counted', 5), playerId: 'nan' }, call)
  const before = services.progressWriter.counts.locked
  const first = await recordProgress(services, nothing, call)
  expect(first).toMatchObject({ changed: false, progress: { state: 'not_started' } })
  expect(services.progressWriter.counts.locked).toBe(before)
  await recordProgress(services, { ...percentOn('plain', 50), playerId: 'nan' }, call)
  expect(await recordProgress(services, nothing, call)).toEqual(first)
})

test('retries a batch without locks when the cache was stale', async () => {
  const reportAll = (there: Services, percent: number) => {
    const items = ['eva', 'fay', 'guy'].map((playerId) => ({ ...percentOn('plain', percent), playerId }))
    return batchRecordProgress(there, { items }, call)
  }
  for (const percent of [5, 10]) await reportAll(services, percent)
  await reportAll(others, 15)
  const before = services.progressWriter.counts
  expect(await reportAll(services, 20)).toMatchObject(Array(3).fill({ changed: true }))
  expect(services.progressWriter.counts).toMatchObject({
    locked: before.locked,
    optimistic: before.optimistic + 3,
  })
})

test('returns a result without waiting for a locked report of the same player', async () => {
  const second = { id: 'second', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title: second, requestId: undefined }, call)
  await createAchievement(
    services,
    { titleId: 'second', achievement: achievementOf({ id: 'plain' }), requestId: undefined },
    call,
  )
  const on = (titleId: string, percent: number) => ({
    ...percentOn('plain', percent),
    titleId,
    playerId: 'hal',
  })
  for (const [there, percent] of [[services, 5] as const, [services, 10] as const, [others, 15] as const]) {
    await batchRecordProgress(there, { items: [on('title', percent), on('second', percent)] }, call)
  }
  const progress = `select 1 from progress where (player_id, title_id) = ('hal', 'second') for update`
  await holding(progress, async () => {
    const leaving = new AbortController()
    const written = recordProgress(services, on('title', 20), call)
    const locked = recordProgress(services, on('second', 20), { ...call, signal: leaving.signal })
    expect(await written).toMatchObject({ changed: true })
    leaving.abort(new Error('gone'))
    await expect(locked).rejects.toThrow('gone')
  })
})

test('sends the reports behind a locked one in one batch', async () => {
  const report = (percent: number) =>
    recordProgress(services, { ...percentOn('plain', percent), playerId: 'ida' }, call)
  await report(1)
  const before = services.progressWriter.counts
  const reports: Promise<ProgressResult>[] = []
  await holding(`select 1 from progress where player_id = 'ida' for update`, async () => {
    reports.push(report(2))
    await expect.poll(() => services.progressWriter.counts.locked).toBe(before.locked + 1)
    for (const percent of [3, 4, 5]) reports.push(report(percent))
    expect(services.progressWriter.counts.waiting).toBe(3)
  })
  expect(await Promise.all(reports)).toMatchObject(Array(4).fill({ changed: true }))
  expect(services.progressWriter.counts).toMatchObject({
    locked: before.locked + 1,
    optimistic: before.optimistic + 3,
  })
})

test('returns the recorded results of a batch when a locked write of it fails', async () => {
  const items = ['joe', 'kim'].map((playerId) => ({ ...percentOn('plain', 5), playerId }))
  await batchRecordProgress(services, { items }, call)
  await holding(`select 1 from progress where player_id = 'joe' for update`, async () => {
    const raised = items.map((item) => ({ ...item, report: { kind: 'percent' as const, percent: 6 } }))
    const outcomes = batchRecordProgress(services, { items: raised }, call)
    const terminated = () =>
      Promise.all(
        databasesOf(services.databaseUrl).map((url) =>
          onDatabase(
            url,
            `select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`,
          ),
        ),
      )
    await expect.poll(async () => (await terminated()).flat().length).toBe(1)
    expect(await outcomes).toMatchObject([{ code: 'unavailable' }, { changed: true }])
  })
})

test('writes batches of other players while many batches wait for one locked player', async () => {
  const batchOn = (playerId: string) => (percent: number) =>
    batchRecordProgress(services, { items: [{ ...percentOn('plain', percent), playerId }] }, call)
  await batchOn('leo')(1)
  const percents = Array.from({ length: 30 }, (_, index) => index + 2)
  const locked: Promise<unknown>[] = []
  await holding(`select 1 from progress where player_id = 'leo' for update`, async () => {
    locked.push(...percents.map(batchOn('leo')))
    for (const percent of percents) await batchOn('mia')(percent)
  })
  await Promise.all(locked)
})

test('records all of many concurrent batches on the same rows', async () => {
  const batches = Array.from({ length: 40 }, (_, index) =>
    ACHIEVEMENTS.slice(0, 2 + (index % 3)).map(({ id }) => percentOn(id, index)),
  )
  const outcomes = await Promise.all(batches.map((items) => batchRecordProgress(services, { items }, call)))
  expect(outcomes.flat().filter((outcome) => outcome instanceof LaurelError)).toEqual([])
})

function outcomeOf(outcome: unknown): unknown {
  return outcome instanceof LaurelError ? outcome.reason : essenceOf(outcome as ProgressResult)
}

async function expectStored(reference: ReferenceModel): Promise<void> {
  const rows = await pool.query('select player_id, achievement_id, state, percent from progress')
  const stored = rows.rows.map((row) => [`${row.player_id} ${row.achievement_id}`, row.state, row.percent])
  const known = [...reference.progress].map(([key, { state, percent }]) => [key, state, percent])
  expect(stored.sort()).toEqual(known.sort())
  const totals = await pool.query(`
    select s.player_id, s.unlocked_count, s.score::int, count(p.achievement_id)::int as recount,
      coalesce(sum(a.score), 0)::int as rescore
    from player_titles s
    left join progress p on p.player_id = s.player_id and p.state = 'achieved'
    left join achievements a on a.id = p.achievement_id and a.title_id = p.title_id
    group by s.player_id, s.title_id`)
  for (const row of totals.rows) {
    expect([row.unlocked_count, row.score]).toEqual([row.recount, row.rescore])
  }
  const events = await pool.query(`select count(*)::int as count from events where kind = 'unlocked'`)
  const unlocked = known.filter(([, state]) => state === 'achieved')
  expect(events.rows[0].count).toBe(unlocked.length)
}
