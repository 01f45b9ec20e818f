import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import type { Achievement } from '../../../src/model/achievement.ts'
import type { Plan } from '../../../src/model/plan.ts'
import { BackfillWorker } from '../../../src/service/achievements/backfill-worker.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../../src/service/achievements/delete-achievement.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { applyPlan } from '../../../src/service/plans/apply-plan.ts'
import { planImport } from '../../../src/service/plans/plan-import.ts'
import { planPromotion } from '../../../src/service/plans/plan-promotion.ts'
import { planReversal } from '../../../src/service/plans/plan-reversal.ts'
import { getPlan, listPlanChanges } from '../../../src/service/plans/plans.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { CODED } from '../../support/documents.ts'
import { exportText, importText } from '../../support/exchange.ts'
import { createTitleWith } from '../../support/migration-job.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const COUNT = 1_000
const first = { pageSize: undefined, pageToken: undefined }

let services: TestServices
let worker: BackfillWorker
beforeAll(async () => {
  services = await createTestServices()
  worker = new BackfillWorker(services, () => {})
  worker.start()
})
afterAll(async () => {
  await worker.stop()
  await services[Symbol.asyncDispose]()
})

const titleWith = (id: string, achievements: readonly Achievement[]) =>
  createTitleWith(services, id, achievements)

const create = (titleId: string, achievement: Achievement) =>
  createAchievement(services, { titleId, achievement, requestId: undefined }, callOf())

const lap = (number: number, target = 100n): Achievement =>
  achievementOf({
    id: `lap-${String(number).padStart(4, '0')}`,
    name: { locale: 'en', text: `Lap ${number}`, translations: { de: `Runde ${number}` } },
    requirements: [requirementOf({ target })],
    rewards: gamerscore(5),
    tags: ['race'],
  })

async function planOf(titleId: string, text: string, options: object = {}): Promise<Plan> {
  const document = {
    dialect: CODED,
    titleId,
    strategy: 'replace',
    mapping: {},
    allowRebinding: true,
  } as const
  const content = (async function* () {
    yield new TextEncoder().encode(text)
  })()
  let plan: Plan | undefined
  const all = { ...document, locale: undefined, lossPolicy: 'report' as const, ...options }
  for await (const part of planImport(services, all, content, callOf())) plan = part.plan
  if (plan === undefined) throw new Error('the last part has the plan')
  return plan
}

const apply = ({ titleId, id: planId }: Plan, force = false) =>
  applyPlan(services, { titleId, planId, force, requestId: undefined }, callOf())
const reversalOf = ({ titleId, id: planId }: Plan) => planReversal(services, { titleId, planId }, callOf())
const changesOf = async ({ titleId, id: planId }: Plan) =>
  (await listPlanChanges(services, { titleId, planId, ...first }, callOf())).items

/** A title's exports in all dialects, without the times of the definitions. */
async function exportsOf(titleId: string): Promise<readonly string[]> {
  const texts: string[] = []
  for (const { id } of adapters) {
    const { text } = await exportText(services, id, titleId)
    texts.push(text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'))
  }
  return texts
}

describe('a plan of a thousand changed achievements', () => {
  const titleId = 'race'
  let before: readonly string[]
  let plan: Plan

  test('is made from a document and changes nothing', async () => {
    await titleWith(titleId, [])
    const document = async (target: bigint) => {
      const draft = `draft-${target}`
      await titleWith(
        draft,
        Array.from({ length: COUNT }, (_, index) => lap(index, target)),
      )
      return (await exportText(services, CODED, draft)).text
    }
    const [old, changed] = [await document(100n), await document(50n)]
    await importText(services, CODED, old, { titleId, allowRebinding: true })
    const key = { titleId, playerId: 'ann', achievementId: 'lap-0007' }
    const report = { kind: 'reach', requirementId: undefined, quantity: 60n } as const
    await recordProgress(
      services,
      { ...key, report, occurredTime: undefined, requestId: undefined },
      callOf(),
    )
    before = await exportsOf(titleId)
    plan = await planOf(titleId, changed)
    expect(plan.counts).toEqual({ new: 0, replaced: COUNT, deleted: 0 })
    expect(await exportsOf(titleId)).toEqual(before)
  })

  test('is shown page by page, field by field', async () => {
    const ids: string[] = []
    for (let pageToken: string | undefined; ; ) {
      const page = await listPlanChanges(
        services,
        { titleId, planId: plan.id, pageSize: 300, pageToken },
        callOf(),
      )
      ids.push(...page.items.map(({ achievementId }) => achievementId))
      pageToken = page.nextPageToken
      if (pageToken === undefined) break
    }
    expect(ids).toEqual(Array.from({ length: COUNT }, (_, index) => lap(index).id))
    const [change] = await changesOf(plan)
    expect(change).toMatchObject({
      before: { requirements: [{ target: 100 }] },
      after: { requirements: [{ target: 50 }] },
    })
  })

  test('is applied once, and reversed to the same exports; the unlocks that it caused stay', async () => {
    await apply(plan)
    await expect(apply(plan)).rejects.toMatchObject({ reason: 'PLAN_APPLIED' })
    expect(await exportsOf(titleId)).not.toEqual(before)
    const key = { titleId, planId: plan.id }
    await expect
      .poll(async () => (await getPlan(services, key, callOf())).unlocks)
      .toEqual({ count: 1n, isRunning: false })
    const reversal = await reversalOf(plan)
    expect(reversal).toMatchObject({ source: 'plan', sourceId: plan.id, keptUnlockCount: 1n })
    await apply(reversal)
    expect(await exportsOf(titleId)).toEqual(before)
  })
})

describe('a plan', () => {
  test.each([
    ['an update', (titleId: string) => update(titleId, 'lap-0001')],
    ['a new achievement', (titleId: string) => create(titleId, lap(9))],
    ['a deletion', (titleId: string) => remove(titleId, 'lap-0001')],
  ])('is refused after %s', async (name, change) => {
    const titleId = `outdated by ${name}`
    await titleWith(titleId, [lap(0), lap(1)])
    const plan = await planOf(titleId, (await documentOf([lap(0, 7n)])).text)
    await change(titleId)
    await expect(apply(plan)).rejects.toMatchObject({ code: 'aborted', reason: 'PLAN_OUTDATED' })
  })

  test('creates achievements, and its reversal deletes them, with progress only by force', async () => {
    await titleWith('grown', [lap(0)])
    const plan = await planOf('grown', (await documentOf([lap(0), lap(1), lap(2)])).text)
    expect(plan.counts).toMatchObject({ new: 2, deleted: 0 })
    await apply(plan)
    const key = { titleId: 'grown', playerId: 'ben', achievementId: 'lap-0002', occurredTime: undefined }
    await recordProgress(services, { ...key, report: { kind: 'unlock' }, requestId: undefined }, callOf())
    const reversal = await reversalOf(plan)
    expect(reversal.counts).toMatchObject({ new: 0, deleted: 2 })
    await expect(apply(reversal)).rejects.toMatchObject({ reason: 'ACHIEVEMENT_HAS_PROGRESS' })
    const deleted = (await changesOf(reversal)).filter(({ after }) => after === undefined)
    expect(deleted.map(({ achievementId }) => achievementId)).toEqual(['lap-0001', 'lap-0002'])
    await apply(reversal, true)
    expect(JSON.parse((await exportText(services, CODED, 'grown')).text)).toHaveLength(1)
    await apply(await reversalOf(reversal))
    expect(JSON.parse((await exportText(services, CODED, 'grown')).text)).toHaveLength(3)
  })

  test('is not reversed before it is applied, nor after a later change of its achievements', async () => {
    await titleWith('later', [lap(0), lap(1)])
    const plan = await planOf('later', (await documentOf([lap(0, 7n), lap(1, 7n)])).text)
    await expect(reversalOf(plan)).rejects.toMatchObject({ reason: 'PLAN_NOT_APPLIED' })
    await apply(plan)
    await update('later', 'lap-0001')
    await expect(reversalOf(plan)).rejects.toMatchObject({
      reason: 'PLAN_OUTDATED',
      message: expect.stringContaining('lap-0001'),
    })
  })

  test('takes over the definitions of another title, whose achievements that are missing stay', async () => {
    await titleWith('staging', [lap(0, 7n), lap(1), lap(2)])
    await titleWith('live', [lap(0), lap(1), lap(5)])
    const options = { titleId: 'live', sourceTitleId: 'staging', strategy: 'replace' } as const
    const plan = await planPromotion(services, options, callOf())
    expect((await changesOf(plan)).map(({ achievementId }) => achievementId)).toEqual([
      'lap-0000',
      'lap-0002',
    ])
    const [before] = [await exportsOf('live')]
    await apply(plan)
    await apply(await reversalOf(plan))
    expect(await exportsOf('live')).toEqual(before)
    const leaving = await planPromotion(services, { ...options, strategy: 'leave_out' }, callOf())
    expect(leaving.counts).toEqual({ new: 1, replaced: 0, deleted: 0 })
    await expect(
      planPromotion(services, { ...options, sourceTitleId: 'live' }, callOf()),
    ).rejects.toMatchObject({
      violations: [{ field: 'source_title_id' }],
    })
  })

  test.each([
    ['a title that does not exist', { titleId: 'none' }, 'TITLE_NOT_FOUND'],
    ['a dialect that does not exist', { titleId: 'race', dialect: 'none' }, 'DIALECT_NOT_FOUND'],
  ])('is not made of %s', async (_, options, reason) => {
    await expect(planOf(options.titleId, '[]', options)).rejects.toMatchObject({ reason })
  })

  test('is not found in another title', async () => {
    const plan = await planOf('race', '[]')
    const key = { titleId: 'grown', planId: plan.id }
    const missing = { reason: 'PLAN_NOT_FOUND' }
    await expect(getPlan(services, key, callOf())).rejects.toMatchObject(missing)
    await expect(planReversal(services, key, callOf())).rejects.toMatchObject(missing)
  })
})

async function documentOf(achievements: readonly Achievement[]) {
  const id = `document-${crypto.randomUUID()}`
  await titleWith(id, achievements)
  return exportText(services, CODED, id)
}

async function update(titleId: string, achievementId: string) {
  const request = {
    titleId,
    achievementId,
    etag: undefined,
    patch: { tags: ['other'] },
    requestId: undefined,
  }
  await updateAchievement(services, request, callOf())
}

async function remove(titleId: string, achievementId: string) {
  const request = { titleId, achievementId, etag: undefined, force: false, requestId: undefined }
  await deleteAchievement(services, request, callOf())
}
