import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { instantFromMilliseconds } from '../../../src/model/instant.ts'
import { dialects } from '../../../src/registry.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import { restoreAchievement, revokeAchievement } from '../../../src/service/progress/enforcement.ts'
import { getPlayerSummary } from '../../../src/service/progress/get-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { accountsOf, BINDINGS, idsOf } from '../../support/bound-title.ts'
import { exportText, importText } from '../../support/exchange.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const titleId = 'harbor'
const playerId = 'ann'
const call = callOf()
const once = { requestId: undefined }

/** Each shape of each dialect that carries progress or totals. */
const exports = [...dialects.values()].flatMap(({ id, shapes }) =>
  shapes
    .filter(({ carries }) => carries.includes('progress') || carries.includes('summary'))
    .map((shape) => ({ dialect: id, shape: shape.name, carries: shape.carries })),
)

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
  const title = {
    id: titleId,
    displayName: 'Harbor',
    defaultLocale: 'de',
    bindings: BINDINGS,
    extensions: {},
  }
  await createTitle(services, { title, ...once }, call)
  for (const [index, id] of ['begun', 'unlocked', 'revoked', 'untouched'].entries()) {
    const requirements = id === 'begun' ? [requirementOf({ target: 31n })] : []
    const achievement = achievementOf({ id, rewards: gamerscore(10), requirements, ids: idsOf(index) })
    await createAchievement(services, { titleId, achievement, ...once }, call)
  }
  const accounts = Object.entries(accountsOf(1)).map(([dialect, id]) => ({ dialect, id }))
  await createPlayer(services, { player: { id: playerId, displayName: '', accounts }, ...once }, call)
  const occurredTime = instantFromMilliseconds(Date.now() - 1000) + 1234567n
  const report = (achievementId: string, kind: 'reach' | 'unlock') => {
    const reported =
      kind === 'reach'
        ? ({ kind, requirementId: undefined, quantity: 9n } as const)
        : ({ kind: 'unlock' } as const)
    const request = { titleId, playerId, achievementId, occurredTime, report: reported, ...once }
    return recordProgress(services, request, call)
  }
  await report('begun', 'reach')
  for (const id of ['unlocked', 'revoked']) await report(id, 'unlock')
  await enforce(revokeAchievement, 'revoked')
})
afterAll(() => services[Symbol.asyncDispose]())

const enforce = (change: typeof revokeAchievement, achievementId: string) =>
  change(services, { titleId, playerId, achievementId, reason: 'cheat', ...once }, call)
const totals = () => getPlayerSummary(services, { titleId, playerId }, call)

describe.each(exports)('progress of $dialect in shape $shape', ({ dialect, shape, carries }) => {
  test('is unchanged and no drift when its export is imported', async () => {
    const before = await totals()
    const { text } = await exportText(services, dialect, titleId, { playerId, shape })
    for (const dryRun of [true, false]) {
      const { outcomes } = await importText(services, dialect, text, { titleId, playerId, dryRun })
      expect(outcomes.length).toBeGreaterThan(0)
      for (const { kind, drift, changes } of outcomes)
        expect([kind, drift, changes]).toEqual([expect.stringMatching(/unchanged|ignored/), undefined, []])
    }
    expect(await totals()).toEqual(before)
  })

  test('lets a later revocation lower the totals, and drifts by it as far as the shape states it', async () => {
    const before = await totals()
    const { text } = await exportText(services, dialect, titleId, { playerId, shape })
    await importText(services, dialect, text, { titleId, playerId })
    await enforce(revokeAchievement, 'unlocked')
    expect(await totals()).toMatchObject({ unlockedCount: before.unlockedCount - 1 })
    const isStated = (await exportText(services, dialect, titleId, { playerId, shape })).text !== text
    const { outcomes } = await importText(services, dialect, text, { titleId, playerId, dryRun: true })
    const drifted = outcomes.filter(({ drift }) => drift !== undefined).map((each) => each.achievementId)
    expect(drifted).toEqual(carries.includes('progress') && isStated ? ['unlocked'] : [])
    await enforce(restoreAchievement, 'unlocked')
  })

  test('shows the totals that a document would change in a dry run, and keeps them', async () => {
    if (!carries.includes('summary')) return
    const { text } = await exportText(services, dialect, titleId, { playerId, shape })
    await enforce(revokeAchievement, 'unlocked')
    const { outcomes } = await importText(services, dialect, text, { titleId, playerId, dryRun: true })
    expect(outcomes).toMatchObject([{ kind: 'replaced' }])
    expect(outcomes[0]?.changes).toContainEqual({ field: 'summary.unlocked_count', from: 0, to: 1 })
    expect(outcomes[0]?.changes).toContainEqual({ field: 'summary.score', from: 0n, to: 10n })
    await enforce(restoreAchievement, 'unlocked')
  })
})
