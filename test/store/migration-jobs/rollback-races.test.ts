import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { getJob, resumeJob } from '../../../src/service/migration-jobs/jobs.ts'
import { type RolledBack, rollbackJob } from '../../../src/service/migration-jobs/rollback-job.ts'
import { openOperations } from '../../../src/service/operations.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/* Changes between the parts of a job, beside its rollback, and in other jobs. */

let services: TestServices
let title: string
let titles = 0
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())
beforeEach(async () => {
  titles += 1
  title = `title-${titles}`
  await createTitleWith(services, title, [
    achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] }),
    achievementOf({ id: 'hunter', requirements: [requirementOf({ target: 100n, statCode: 'kills' })] }),
  ])
})

const report = (playerId: string, percent: number) =>
  openOperations(services).recordProgress(
    {
      titleId: title,
      playerId,
      achievementId: 'laps',
      report: { kind: 'percent', percent } as const,
      occurredTime: undefined,
      requestId: undefined,
    },
    callOf(),
  )

async function percentOf(playerId: string, achievementId = 'laps'): Promise<number | undefined> {
  const key = { titleId: title, playerId, achievementId }
  const [record] = await services.store.read(NEVER_ABORTED, (queries) => queries.progress.listAt([key]))
  return record?.progress.percent
}

async function feed(jobId: string, percent: number, source = 'rows', players: readonly string[] = ['ann']) {
  const key = await createTestJob(services, title, jobId)
  await feedText(
    services,
    key,
    linesOf(players.map((player) => ({ player, achievement: 'laps', percent }))),
    {
      source,
    },
  )
}

async function rollBack(jobId: string): Promise<RolledBack | undefined> {
  const parts = rollbackJob(services, { titleId: title, jobId, reason: 'a test' }, callOf())
  return (await Array.fromAsync(parts)).at(-1)
}

test('a report between two parts of a job is not taken back with them', async () => {
  await report('ann', 5)
  await feed('job', 10, 'first')
  await report('ann', 15)
  await feed('job', 20, 'second')
  expect(await rollBack('job')).toMatchObject({ restoredCount: 1, remainingCount: 0 })
  expect(await percentOf('ann')).toBe(15)
})

describe('of two jobs that wrote the same progress', () => {
  beforeEach(async () => {
    await report('bob', 5)
    await feed('first', 10, 'rows', ['ann', 'bob'])
    await feed('second', 20, 'rows', ['ann', 'bob'])
  })

  test('the later one is taken back, and then the earlier one', async () => {
    expect(await rollBack('second')).toMatchObject({ restoredCount: 2, remainingCount: 0 })
    expect([await percentOf('ann'), await percentOf('bob')]).toEqual([10, 10])
    expect(await rollBack('first')).toMatchObject({ deletedCount: 1, restoredCount: 1, remainingCount: 0 })
    expect([await percentOf('ann'), await percentOf('bob')]).toEqual([undefined, 5])
  })

  test('the earlier one lists it as changed since, and is taken back after the later one', async () => {
    expect(await rollBack('first')).toMatchObject({ deletedCount: 0, restoredCount: 0, remainingCount: 2 })
    expect([await percentOf('ann'), await percentOf('bob')]).toEqual([20, 20])
    await rollBack('second')
    expect(await rollBack('first')).toMatchObject({ deletedCount: 1, restoredCount: 1, remainingCount: 0 })
    expect([await percentOf('ann'), await percentOf('bob')]).toEqual([undefined, 5])
  })

  test('a report after the earlier one stays when both are taken back', async () => {
    await feed('third', 30)
    await report('ann', 40)
    expect(await rollBack('third')).toMatchObject({ remainingCount: 1 })
    expect(await percentOf('ann')).toBe(40)
  })
})

test('a rollback that is cut off leaves a job that cannot be resumed, and the same call goes on', async () => {
  const players = Array.from({ length: 4_500 }, (_, index) => `p-${index}`)
  await feed('job', 10, 'rows', players)
  const key = { titleId: title, jobId: 'job' }
  const parts = rollbackJob(services, { ...key, reason: 'a test' }, callOf())
  expect((await parts.next()).value).toMatchObject({ deletedCount: 2_000 })
  await parts.return(undefined)
  await expect(resumeJob(services, key, callOf())).rejects.toMatchObject({
    reason: 'MIGRATION_JOB_ROLLED_BACK',
  })
  await expect(feed('job', 10, 'other')).rejects.toMatchObject({ reason: 'MIGRATION_JOB_NOT_RUNNING' })
  expect(await rollBack('job')).toMatchObject({ deletedCount: 2_500, remainingCount: 0 })
  expect((await getJob(services, key, callOf())).job.state).toBe('rolled_back')
})

test('two rollbacks at once, beside reports, take each row back once', async () => {
  const players = Array.from({ length: 300 }, (_, index) => `p-${index}`)
  await feed('job', 10, 'rows', players)
  const reports = players.slice(0, 100).map((player) => report(player, 50))
  const [first, second] = await Promise.all([rollBack('job'), rollBack('job'), ...reports])
  const deleted = Number(first?.deletedCount) + Number(second?.deletedCount)
  const percents = await Promise.all(players.map((player) => percentOf(player)))
  expect(percents.slice(0, 100)).toEqual(players.slice(0, 100).map(() => 50))
  expect(percents.slice(100)).toEqual(players.slice(100).map(() => undefined))
  expect(deleted).toBeGreaterThanOrEqual(200)
  expect(deleted).toBeLessThanOrEqual(300)
})

test('stats of deleted and of merged players stay as they are', async () => {
  const operations = openOperations(services)
  const values = [{ field: 'kills', unit: 'steps', requirementId: '', scale: 1 }] as const
  const key = await createTestJob(services, title, 'stats', { values })
  const rows = ['gone', 'absorbed', 'survivor', 'other'].map((player) => ({
    player,
    achievement: 'hunter',
    kills: 20,
  }))
  await feedText(services, key, linesOf(rows))
  await operations.deletePlayer({ playerId: 'gone', etag: undefined, requestId: undefined }, callOf())
  const merge = { playerId: 'survivor', absorbedPlayerId: 'absorbed', reason: 'x', requestId: undefined }
  await operations.mergePlayers(merge, callOf())
  expect(await rollBack('stats')).toMatchObject({ deletedCount: 2, restoredStatCount: 2 })
  const found = await services.store.read(NEVER_ABORTED, async (queries) => ({
    players: await queries.tombstones.find(['gone']),
    values: await queries.stats.findValues(
      rows.map(({ player }) => ({ playerId: player, titleId: title })),
      ['kills'],
    ),
  }))
  expect(found).toMatchObject({ players: new Set(['gone']), values: [] })
})
