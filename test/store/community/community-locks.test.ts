import { Client } from 'pg'
import { expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { listCommunityProgress } from '../../../src/service/community/community.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { openStore } from '../../../src/store/store.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, progressWriterOf } from '../../support/services.ts'

const GOALS = ['north', 'east', 'south', 'west']
const WORKERS = 32
const CALLS_EACH = 40

test('processes that write several community goals in any order never deadlock', async () => {
  await using services = await createTestServices()
  const call = callOf()
  const once = { requestId: undefined }
  const titleId = 'title'
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  for (const id of GOALS) {
    const requirements = [requirementOf({ statCode: id, target: 1_000_000n })]
    const achievement = achievementOf({ id, participation: 'community', requirements })
    await createAchievement(services, { titleId, achievement, ...once }, call)
  }
  const open = { connectionString: services.databaseUrl, poolSize: 4, onError: () => {} }
  const processes = [1, 2].map(() => {
    const store = openStore(open)
    return { ...services, store, progressWriter: progressWriterOf({ ...services, store }) }
  })
  const add = (index: number, code: string) => {
    const updates = [{ code, operation: 'increment', value: 1 } as const]
    const request = { titleId, playerId: `p${index % 97}`, occurredTime: undefined, updates, ...once }
    return recordStats(processes[index % 2] as (typeof processes)[number], request, call)
  }
  // The first update of each goal inserts its shared row.
  for (const [index, code] of GOALS.entries()) await add(index, code)
  const work = async (worker: number) => {
    for (let turn = 0; turn < CALLS_EACH; turn += 1) {
      // Workers start at different goals and go through them in different directions.
      const step = worker % 4 < 2 ? turn : GOALS.length * CALLS_EACH - turn
      await add(worker, GOALS[(worker + step) % GOALS.length] as string)
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)))
  const shared = await listCommunityProgress(services, { titleId }, call)
  expect(shared.reduce((sum, { progress }) => sum + progress.value, 0)).toBe(
    WORKERS * CALLS_EACH + GOALS.length,
  )
  // Connections flush their statistics when they end.
  for (const { store } of processes) await store.close()
  const database = new Client({ connectionString: services.databaseUrl })
  await database.connect()
  const deadlockCount = 'select deadlocks::int from pg_stat_database where datname = current_database()'
  const [row] = (await database.query(deadlockCount)).rows
  await database.end()
  expect(row.deadlocks).toBe(0)
})
