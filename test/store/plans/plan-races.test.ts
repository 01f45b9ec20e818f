import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Achievement, StoredAchievement } from '../../../src/model/achievement.ts'
import type { LaurelError } from '../../../src/model/errors.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../../src/service/achievements/delete-achievement.ts'
import {
  reorderAchievement,
  updateAchievement,
} from '../../../src/service/achievements/update-achievement.ts'
import { writeDefinitions } from '../../../src/service/achievements/write-definitions.ts'
import { applyPlan } from '../../../src/service/plans/apply-plan.ts'
import { planPromotion } from '../../../src/service/plans/plan-promotion.ts'
import { planReversal } from '../../../src/service/plans/plan-reversal.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const COUNT = 60
const once = { requestId: undefined }

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  await titleWith('source', 50n)
})
afterAll(() => services[Symbol.asyncDispose]())

const goal = (number: number, target: bigint): Achievement =>
  achievementOf({ id: `goal-${number}`, requirements: [requirementOf({ target })] })

async function titleWith(id: string, target: bigint): Promise<void> {
  const title = { id, displayName: id, defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, ...once }, callOf())
  const time = services.now()
  const writes = Array.from({ length: COUNT }, (_, index) => ({
    before: undefined,
    after: { ...goal(index, target), listOrder: index + 1, createTime: time, updateTime: time },
  }))
  const change = { time, actor: 'tester', requestId: undefined }
  await services.store.write(NEVER_ABORTED, (queries) => writeDefinitions(queries, id, writes, change))
}

/** Creates a title, and plans to lower all targets of its achievements from 100 to 50. */
async function planned(): Promise<Plan> {
  const titleId = `title-${crypto.randomUUID()}`
  await titleWith(titleId, 100n)
  return planPromotion(services, { titleId, sourceTitleId: 'source', strategy: 'replace' }, callOf())
}

const apply = ({ titleId, id: planId }: Plan, requestId?: string, signal: AbortSignal = NEVER_ABORTED) =>
  applyPlan(services, { titleId, planId, force: true, requestId }, { ...callOf(), signal })

const reversalOf = ({ titleId, id: planId }: Plan) => planReversal(services, { titleId, planId }, callOf())

/** Returns the reason of each failure, and `done` for each success. */
async function outcomesOf(calls: readonly Promise<unknown>[]): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(calls)
  return outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? 'done' : (outcome.reason as LaurelError).reason,
  )
}

async function stateOf(titleId: string): Promise<readonly StoredAchievement[]> {
  const ids = Array.from({ length: COUNT }, (_, index) => `goal-${index}`)
  return services.store.read(NEVER_ABORTED, (queries) => queries.achievements.listByIds(titleId, ids))
}

const targetsOf = async (titleId: string) =>
  new Set((await stateOf(titleId)).map(({ requirements }) => requirements[0]?.target))

test('a plan that is applied by many callers at once is applied by one of them', async () => {
  const plan = await planned()
  const outcomes = await outcomesOf(Array.from({ length: 6 }, () => apply(plan)))
  expect(outcomes.toSorted()).toEqual([
    'PLAN_APPLIED',
    'PLAN_APPLIED',
    'PLAN_APPLIED',
    'PLAN_APPLIED',
    'PLAN_APPLIED',
    'done',
  ])
  expect(await targetsOf(plan.titleId)).toEqual(new Set([50n]))
})

test('copies of one request at once apply a plan once, and all return it', async () => {
  const plan = await planned()
  const results = await Promise.all(Array.from({ length: 6 }, () => apply(plan, 'the-request')))
  expect(new Set(results.map(({ applyTime }) => applyTime)).size).toBe(1)
})

test('of two reversals that are applied at once, one is', async () => {
  const plan = await planned()
  await apply(plan)
  const [first, second] = [await reversalOf(plan), await reversalOf(plan)]
  expect((await outcomesOf([apply(first), apply(second)])).toSorted()).toEqual(['PLAN_OUTDATED', 'done'])
  expect(await targetsOf(plan.titleId)).toEqual(new Set([100n]))
})

const one = (titleId: string) => ({ titleId, achievementId: 'goal-7', etag: undefined, ...once })
const CHANGES: Readonly<Record<string, (titleId: string) => Promise<unknown>>> = {
  update: (titleId) => updateAchievement(services, { ...one(titleId), patch: { tags: ['raced'] } }, callOf()),
  reorder: (titleId) => reorderAchievement(services, { ...one(titleId), listOrder: 30 }, callOf()),
  create: (titleId) =>
    createAchievement(services, { titleId, achievement: goal(1000, 1n), ...once }, callOf()),
  delete: (titleId) => deleteAchievement(services, { ...one(titleId), force: true }, callOf()),
}

test.each(Object.entries(CHANGES))(
  'a plan and a concurrent %s give the state of one after the other',
  async (name, change) => {
    for (let delay = 0; delay < 12; delay += 1) {
      const plan = await planned()
      const { titleId } = plan
      const late = sleep(delay * 4).then(() => change(titleId))
      const [applied, changed] = await outcomesOf([apply(plan), late])
      expect(changed).toBe('done')
      expect(['done', 'PLAN_OUTDATED']).toContain(applied)
      const state = await stateOf(titleId)
      expect(state).toHaveLength(name === 'delete' ? COUNT - 1 : COUNT)
      expect(await targetsOf(titleId)).toEqual(new Set([applied === 'done' ? 50n : 100n]))
      if (name === 'update') expect(state.find(({ id }) => id === 'goal-7')?.tags).toEqual(['raced'])
    }
  },
)

test('a plan whose application is cancelled at any time is applied wholly or not at all', async () => {
  const seen = new Set<unknown>()
  for (let delay = 0; delay < 24; delay += 1) {
    const plan = await planned()
    const abort = new AbortController()
    const call = apply(plan, undefined, abort.signal)
    await sleep(delay * 3)
    abort.abort()
    await call.catch(() => {})
    const targets = await targetsOf(plan.titleId)
    expect(targets.size).toBe(1)
    const [target] = targets
    seen.add(target)
    const [again] = await outcomesOf([apply(plan)])
    expect(again).toBe(target === 50n ? 'PLAN_APPLIED' : 'done')
  }
  expect(seen).toContain(100n)
})
