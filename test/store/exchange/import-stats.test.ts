import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ProgressFacts } from '../../../src/dialect/adapter.ts'
import type { StoredAchievement } from '../../../src/model/achievement.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { dialectOf } from '../../../src/service/exchange/dialects.ts'
import { importPlayerFacts } from '../../../src/service/exchange/import-progress-facts.ts'
import { ImportedStats } from '../../../src/service/exchange/import-stats.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { listStatValues, recordStats } from '../../../src/service/stats/stat-values.ts'
import { createStat } from '../../../src/service/stats/stats.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { COMBINED } from '../../support/documents.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let hunter: StoredAchievement
const call = callOf()
const titleId = 'title'

beforeAll(async () => {
  services = await createTestServices()
  const title = {
    id: titleId,
    displayName: 'T',
    defaultLocale: 'en',
    bindings: {},
    extensions: {},
    maskHiddenInGateways: false,
  }
  await createTitle(services, { title, requestId: undefined }, call)
  const stat = {
    titleId,
    code: 'kills',
    displayName: '',
    defaultValue: 0,
    minimum: 0,
    maximum: 100,
    incrementOnly: false,
    setBy: 'server' as const,
    extensions: {},
  }
  await createStat(services, { stat, requestId: undefined }, call)
  const follower = (id: string, target: bigint) =>
    achievementOf({ id, requirements: [requirementOf({ id: 'kills', statCode: 'kills', target })] })
  hunter = await createAchievement(
    services,
    { titleId, achievement: follower('hunter', 50n), requestId: undefined },
    call,
  )
  await createAchievement(
    services,
    { titleId, achievement: follower('novice', 10n), requestId: undefined },
    call,
  )
})
afterAll(() => services[Symbol.asyncDispose]())

async function importValue(playerId: string, value: bigint) {
  const facts: ProgressFacts = {
    account: undefined,
    achievementId: 'hunter',
    state: 'in_progress',
    percent: 0,
    values: { kills: value },
    unlockTime: undefined,
    revoked: false,
    extensions: {},
  }
  const player = {
    playerId,
    titleId,
    facts,
    achievement: hunter,
    summary: undefined,
    shape: undefined,
    title: { binding: undefined, displayName: undefined, extensions: {} },
  }
  const adapter = dialectOf(services, COMBINED)
  const context = { now: services.now(), appliesRevocations: false, call }
  const results = await services.store.write(call.signal, (queries) =>
    importPlayerFacts(queries, adapter, [player], context),
  )
  return results.map(({ progress }) => progress)
}

async function stateOf(playerId: string) {
  const key = { titleId, playerId }
  const [values, hunted, novice] = await Promise.all([
    listStatValues(services, key, call),
    getProgress(services, { ...key, achievementId: 'hunter' }, call),
    getProgress(services, { ...key, achievementId: 'novice' }, call),
  ])
  return { kills: values[0]?.value, hunter: hunted.progress.values['kills'], novice: novice.progress.state }
}

test('an import sets the stat that a requirement follows, and updates other achievements that follow it', async () => {
  const [result] = await importValue('ann', 30n)
  expect(result).toMatchObject({ changed: true, progress: { values: { kills: 30n } } })
  expect(await stateOf('ann')).toEqual({ kills: 30, hunter: 30n, novice: 'achieved' })
})

test('an import does not lower a stat', async () => {
  const updates = [{ code: 'kills', operation: 'set', value: 40 } as const]
  await recordStats(
    services,
    { titleId, playerId: 'ben', updates, occurredTime: undefined, requestId: undefined },
    call,
  )
  await importValue('ben', 20n)
  expect(await stateOf('ben')).toEqual({ kills: 40, hunter: 40n, novice: 'achieved' })
})

test('an import of a value that the stat does not allow is rejected, and changes nothing', async () => {
  const [result] = await importValue('cat', 101n)
  expect(result).toBeInstanceOf(LaurelError)
  expect(result).toMatchObject({ reason: 'STAT_OUT_OF_BOUNDS' })
  expect(await stateOf('cat')).toEqual({ kills: undefined, hunter: undefined, novice: 'not_started' })
})

test('each player’s progress is locked on the achievements that follow the same stat', async () => {
  const achievement = achievementOf({
    id: 'walker',
    requirements: [requirementOf({ id: 'steps', statCode: 'steps', target: 50n })],
  })
  const walker = await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
  const players = [
    { playerId: 'ann', titleId, achievement: hunter },
    { playerId: 'bob', titleId, achievement: walker },
  ]
  const stats = await services.store.write(call.signal, (queries) => ImportedStats.lock(queries, players))
  const keys = stats.keysOf(players).map(({ playerId, achievementId }) => `${playerId} ${achievementId}`)
  expect(keys).toEqual(['ann hunter', 'ann novice', 'bob walker'])
})
