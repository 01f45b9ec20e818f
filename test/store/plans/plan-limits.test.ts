import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ByteLimiter } from '../../../src/model/byte-limiter.ts'
import { LIMITS } from '../../../src/model/limits.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { applyPlan } from '../../../src/service/plans/apply-plan.ts'
import { PLAN_MEMORY_BYTES } from '../../../src/service/plans/plan-draft.ts'
import { planPromotion } from '../../../src/service/plans/plan-promotion.ts'
import { getPlan } from '../../../src/service/plans/plans.ts'
import type { Services } from '../../../src/service/services.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let database: pg.Client
beforeAll(async () => {
  services = await createTestServices()
  database = new pg.Client({ connectionString: services.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})

/** Creates a title with numbered achievements, each with a text of its dialect of as many bytes. */
async function titleWith(id: string, count: number, bytes: number): Promise<void> {
  const title = { id, displayName: id, defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
  for (let number = 0; number < count; number += 1) {
    const achievement = achievementOf({ id: `a-${number}` })
    await createAchievement(services, { titleId: id, achievement, requestId: undefined }, callOf())
  }
  const extensions = `jsonb_build_object('none', jsonb_build_object('text', repeat('x', $2)))`
  await database.query(
    `update achievements set definition = jsonb_set(definition, '{extensions}', ${extensions}) where title_id = $1`,
    [id, bytes],
  )
}

const promote = (titleId: string, sourceTitleId: string, on: Services = services) =>
  planPromotion(on, { titleId, sourceTitleId, strategy: 'replace' }, callOf())

test('refuses a plan of too many bytes, and frees the memory of its draft', async () => {
  await titleWith('heavy', 70, 1_000_000)
  await titleWith('light', 0, 0)
  await expect(promote('light', 'heavy')).rejects.toMatchObject({
    code: 'resource_exhausted',
    reason: 'PLAN_TOO_LARGE',
    message: expect.stringMatching(/67108864 bytes.*: plan a smaller document/),
  })
  expect(services.planMemory.tryAcquire('another', PLAN_MEMORY_BYTES, PLAN_MEMORY_BYTES)).toBe(true)
  services.planMemory.release('another', PLAN_MEMORY_BYTES)
})

test('asks to try again while the plans of other calls hold the memory', async () => {
  const planMemory = new ByteLimiter(10_000_000)
  const crowded = { ...services, planMemory }
  await titleWith('some', 10, 500_000)
  planMemory.tryAcquire('others', 7_000_000, 10_000_000)
  await expect(promote('light', 'some', crowded)).rejects.toMatchObject({
    code: 'resource_exhausted',
    reason: 'TOO_MANY_REQUESTS',
    retryAfter: 1,
  })
  planMemory.release('others', 7_000_000)
  await expect(
    promote('light', 'some', { ...services, planMemory: new ByteLimiter(20_000_000) }),
  ).resolves.toBeDefined()
})

test('keeps the newest hundred plans of a title, and any applied one as long', async () => {
  await titleWith('tiny', 1, 10)
  await titleWith('often', 0, 0)
  const applied = await promote('often', 'tiny')
  const apply = { titleId: 'often', planId: applied.id, force: false, requestId: undefined }
  await applyPlan(services, apply, callOf())
  const first = await promote('often', 'tiny')
  for (let count = 1; count < LIMITS.titlePlans; count += 1) await promote('often', 'tiny')
  const key = { titleId: 'often', planId: first.id }
  await expect(getPlan(services, key, callOf())).resolves.toMatchObject({ plan: { id: first.id } })
  await promote('often', 'tiny')
  await expect(getPlan(services, key, callOf())).rejects.toMatchObject({ reason: 'PLAN_NOT_FOUND' })
  await expect(getPlan(services, apply, callOf())).resolves.toMatchObject({ plan: { id: applied.id } })
})

test('keeps fewer plans of a title whose definitions are large, and always the newest', async () => {
  await titleWith('wide', 2, 100_000)
  await titleWith('full', 0, 0)
  const [first, second] = [await promote('full', 'wide'), await promote('full', 'wide')]
  const stored = async () => {
    const { rows } = await database.query(`select id from plans where title_id = 'full' order by create_time`)
    return rows.map(({ id }) => id)
  }
  const keep = (bytes: number) =>
    services.store.write(NEVER_ABORTED, (queries) => queries.plans.deleteOldest('full', 100, bytes))
  await keep(500_000)
  expect(await stored()).toEqual([first.id, second.id])
  await keep(300_000)
  expect(await stored()).toEqual([second.id])
  await keep(10)
  expect(await stored()).toEqual([second.id])
})
