import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { type RolledBack, rollbackJob } from '../../../src/service/migration-jobs/rollback-job.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const titleId = 'harbor'
/** By when the player sets the stat: never, before the job, between its parts, or after it. */
const PLAYERS = ['never', 'before', 'between', 'after']

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  const requirements = [requirementOf({ target: 100n, statCode: 'kills' })]
  await createTitleWith(services, titleId, [achievementOf({ id: 'hunter', requirements })])
})
afterAll(() => services[Symbol.asyncDispose]())

const setStat = (playerId: string, value: number) =>
  recordStats(
    services,
    {
      titleId,
      playerId,
      occurredTime: undefined,
      requestId: undefined,
      updates: [{ code: 'kills', operation: 'set', value }],
    },
    callOf(),
  )

async function statsOf(): Promise<Readonly<Record<string, number>>> {
  const keys = PLAYERS.map((playerId) => ({ playerId, titleId }))
  const found = await services.store.read(NEVER_ABORTED, (queries) =>
    queries.stats.findValues(keys, ['kills']),
  )
  return Object.fromEntries(found.map(({ playerId, value }) => [playerId, value]))
}

async function rollBack(jobId: string): Promise<RolledBack | undefined> {
  const parts = rollbackJob(services, { titleId, jobId, reason: 'a test' }, callOf())
  return (await Array.fromAsync(parts)).at(-1)
}

test('a rollback restores the stats that have not changed since the job set them', async () => {
  const values = [{ field: 'kills', unit: 'steps', requirementId: '', scale: 1 }] as const
  const key = await createTestJob(services, titleId, 'job', { values })
  const feed = (source: string, kills: number) => {
    const rows = PLAYERS.map((player) => ({ player, achievement: 'hunter', kills }))
    return feedText(services, key, linesOf(rows), { source, partRows: 2 })
  }
  await setStat('before', 5)
  await feed('first', 10)
  await setStat('between', 15)
  await feed('second', 20)
  await setStat('after', 25)
  expect(await statsOf()).toEqual({ never: 20, before: 20, between: 20, after: 25 })
  expect(await rollBack(key.jobId)).toMatchObject({ restoredStatCount: 3, remainingStatCount: 1 })
  const restored = { before: 5, between: 15, after: 25 }
  expect(await statsOf()).toEqual(restored)
  expect(await rollBack(key.jobId)).toMatchObject({ restoredStatCount: 0, remainingStatCount: 1 })
  expect(await statsOf()).toEqual(restored)
})
