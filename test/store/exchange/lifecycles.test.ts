import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Lifecycle } from '../../../src/model/achievement.ts'
import { listAchievements } from '../../../src/service/achievements/achievements.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import {
  listAchievementRevisions,
  restoreAchievementRevision,
} from '../../../src/service/achievements/revisions.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { applyPlan } from '../../../src/service/plans/apply-plan.ts'
import { planPromotion } from '../../../src/service/plans/plan-promotion.ts'
import { planReversal } from '../../../src/service/plans/plan-reversal.ts'
import { exportPlayer } from '../../../src/service/players/export-player.ts'
import { resetProgress } from '../../../src/service/progress/enforcement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { definitionsOf, exportText, importText } from '../../support/exchange.ts'
import { achievementOf, gamerscore } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const once = { requestId: undefined }
const LIFECYCLES = ['draft', 'live', 'retired'] as const satisfies readonly Lifecycle[]

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

async function createEmptyTitle(id: string): Promise<void> {
  const title = { id, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, ...once }, call)
}

/** Creates a title with an achievement in each lifecycle, whose code says which. */
async function createTitleOfAll(titleId: string): Promise<void> {
  await createEmptyTitle(titleId)
  for (const lifecycle of LIFECYCLES) {
    const achievement = achievementOf({ id: lifecycle, lifecycle, rewards: gamerscore(10) })
    await createAchievement(services, { titleId, achievement, ...once }, call)
  }
}

function update(titleId: string, achievementId: string, lifecycle: Lifecycle) {
  const request = { titleId, achievementId, etag: undefined, patch: { lifecycle }, ...once }
  return updateAchievement(services, request, call)
}

const lifecyclesOf = async (titleId: string) =>
  (await definitionsOf(services, titleId)).map(({ lifecycle }) => lifecycle)

test('definitions are listed by lifecycle', async () => {
  await createTitleOfAll('listed')
  const filter = { titleId: 'listed', orderBy: 'list_order', descending: false } as const
  const list = async (lifecycles: readonly Lifecycle[]) => {
    const request = { ...filter, tags: [], hidden: undefined, pageSize: undefined, pageToken: undefined }
    const { items, totalSize } = await listAchievements(services, { ...request, lifecycles }, call)
    expect(totalSize).toBe(items.length)
    return items.map(({ id }) => id)
  }
  expect(await list([])).toEqual(LIFECYCLES)
  expect(await list(['draft', 'retired'])).toEqual(['draft', 'retired'])
  expect(await list(['live'])).toEqual(['live'])
})

test('an export reports each lifecycle that its dialect has no word for, and an import keeps it', async () => {
  await createTitleOfAll('exported')
  for (const dialect of services.dialects.keys()) {
    const { text, losses } = await exportText(services, dialect, 'exported')
    const lost = losses.filter(({ path }) => path.endsWith('.achievement.lifecycle'))
    expect(lost.map(({ kind, from }) => [kind, from])).toEqual([
      ['dropped', 'draft'],
      ['dropped', 'retired'],
    ])
    await importText(services, dialect, text, { titleId: 'exported', allowRebinding: true })
    expect(await lifecyclesOf('exported')).toEqual(LIFECYCLES)
    const copy = `from-${dialect}`
    await createEmptyTitle(copy)
    await importText(services, dialect, text, { titleId: copy, allowRebinding: true })
    expect(await lifecyclesOf(copy)).toEqual(['live', 'live', 'live'])
  }
})

test('an import of progress unlocks a retired achievement, and is rejected for a draft', async () => {
  const titleId = 'played'
  await createEmptyTitle(titleId)
  await createAchievement(services, { titleId, achievement: achievementOf({ id: 'goal' }), ...once }, call)
  const key = { titleId, playerId: 'ann', achievementId: 'goal' }
  const unlock = { ...key, report: { kind: 'unlock' }, occurredTime: undefined, ...once } as const
  for (const dialect of services.dialects.keys()) {
    await recordProgress(services, unlock, call)
    const { text } = await exportText(services, dialect, titleId, { playerId: 'ann' })
    await resetProgress(services, { ...key, reason: '', ...once }, call)
    await update(titleId, 'goal', 'draft')
    const played = { titleId, playerId: 'ann', allowRebinding: true }
    const { outcomes } = await importText(services, dialect, text, played)
    expect(outcomes).toMatchObject([{ kind: 'failed', error: { reason: 'NOT_LIVE' } }])
    await update(titleId, 'goal', 'retired')
    expect((await importText(services, dialect, text, played)).summary).toMatchObject({
      newlyUnlockedCount: 1,
    })
    const again = await exportText(services, dialect, titleId, { playerId: 'ann' })
    expect(again.text).toBe(text)
    await update(titleId, 'goal', 'live')
  }
})

test('a restored revision has its lifecycle', async () => {
  const titleId = 'revised'
  await createEmptyTitle(titleId)
  const draft = achievementOf({ id: 'goal', lifecycle: 'draft' })
  const { etag: revisionId } = await createAchievement(
    services,
    { titleId, achievement: draft, ...once },
    call,
  )
  await update(titleId, 'goal', 'live')
  const key = { titleId, achievementId: 'goal' }
  const paging = { pageSize: undefined, pageToken: undefined }
  const revisions = await listAchievementRevisions(services, { ...key, ...paging }, call)
  expect(revisions.items.map(({ achievement }) => achievement.lifecycle)).toEqual(['live', 'draft'])
  await restoreAchievementRevision(services, { ...key, revisionId, etag: undefined, ...once }, call)
  expect(await lifecyclesOf(titleId)).toEqual(['draft'])
})

test('an export of a player has the progress on achievements that the player does not see', async () => {
  const titleId = 'owned'
  await createEmptyTitle(titleId)
  await createAchievement(services, { titleId, achievement: achievementOf({ id: 'goal' }), ...once }, call)
  const report = { kind: 'percent', percent: 40 } as const
  const reported = { titleId, playerId: 'olga', achievementId: 'goal', report, occurredTime: undefined }
  await recordProgress(services, { ...reported, ...once }, call)
  await update(titleId, 'goal', 'retired')
  const parts = await Array.fromAsync(exportPlayer(services, { playerId: 'olga' }, call))
  expect(parts).toContainEqual(
    expect.objectContaining({
      kind: 'progress',
      items: [expect.objectContaining({ achievementId: 'goal' })],
    }),
  )
})

test('a promotion takes lifecycles over, its reversal takes them back, and a change of one outdates a plan', async () => {
  await createTitleOfAll('staging')
  await createEmptyTitle('promoted')
  for (const lifecycle of LIFECYCLES) {
    const achievement = achievementOf({ id: lifecycle, rewards: gamerscore(10) })
    await createAchievement(services, { titleId: 'promoted', achievement, ...once }, call)
  }
  const request = { titleId: 'promoted', sourceTitleId: 'staging', strategy: 'replace' } as const
  const apply = (planId: string) =>
    applyPlan(services, { titleId: 'promoted', planId, force: false, ...once }, call)
  const outdated = await planPromotion(services, request, call)
  await update('promoted', 'live', 'retired')
  await expect(apply(outdated.id)).rejects.toMatchObject({ reason: 'PLAN_OUTDATED' })
  await update('promoted', 'live', 'live')

  const plan = await planPromotion(services, request, call)
  await apply(plan.id)
  expect(await lifecyclesOf('promoted')).toEqual(LIFECYCLES)
  const reversal = await planReversal(services, { titleId: 'promoted', planId: plan.id }, call)
  await apply(reversal.id)
  expect(await lifecyclesOf('promoted')).toEqual(['live', 'live', 'live'])
})
