import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantFromMilliseconds, TICKS_PER_SECOND } from '../../../src/model/instant.ts'
import { accountsOf } from '../../support/bound-title.ts'
import { MERGER, MergedTitle } from '../../support/merged-title.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let database: pg.Pool
let clock = Date.now()
let count = 0
let playerId: string
let absorbedPlayerId: string
let title: MergedTitle
const titleId = 'title'
const call = MERGER
const once = { requestId: undefined }

beforeAll(async () => {
  services = await createTestServices({ now: () => instantFromMilliseconds(clock) })
  database = new pg.Pool({ connectionString: services.databaseUrl, max: 2 })
  title = new MergedTitle(services, titleId)
  await title.create(true)
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})
beforeEach(() => {
  count += 1
  playerId = `player-${count}`
  absorbedPlayerId = `absorbed-${count}`
})

const merge = (parts: object = {}) =>
  title.operations.mergePlayers({ playerId, absorbedPlayerId, reason: 'one person', ...once, ...parts }, call)

test('keeps the furthest progress of both and the earlier unlock time, with recomputed totals', async () => {
  const first = await title.unlock(absorbedPlayerId)
  clock += 60_000
  await title.unlock(playerId)
  await title.reach(playerId, 'counted', undefined, 3n)
  await title.reach(absorbedPlayerId, 'counted', undefined, 7n)
  await title.unlock(absorbedPlayerId, 'pair')
  await merge()
  expect(await title.progressOf(playerId, 'plain')).toMatchObject({ unlockTime: first.progress.unlockTime })
  expect(await title.progressOf(playerId, 'counted')).toMatchObject({ state: 'in_progress', percent: 70 })
  expect(await title.progressOf(playerId, 'pair')).toMatchObject({ state: 'achieved' })
  expect(await title.operations.getPlayerSummary({ titleId, playerId }, call)).toMatchObject({
    unlockedCount: 2,
    score: 15n,
    lastUnlockTime: (await title.progressOf(playerId, 'pair')).unlockTime,
  })
  expect(await title.unlock(playerId, 'pair')).toMatchObject({ newlyUnlocked: false, alreadyUnlocked: true })
})

test('unlocks what both together achieved, once', async () => {
  await title.reach(playerId, 'pair', 'left', 1n)
  await title.reach(absorbedPlayerId, 'pair', 'right', 1n)
  await merge()
  expect(await title.progressOf(playerId, 'pair')).toMatchObject({ state: 'achieved', percent: 100 })
  const text = `select from events where player_id = $1 and kind = 'unlocked'`
  expect((await database.query(text, [playerId])).rowCount).toBe(1)
})

test.each([true, false])(
  'keeps an unlock revoked if either was: the surviving one %s',
  async (isSurvivors) => {
    for (const id of [playerId, absorbedPlayerId]) await title.unlock(id)
    const revoked = isSurvivors ? playerId : absorbedPlayerId
    await title.operations.revokeAchievement(
      { ...title.key(revoked, 'plain'), reason: 'cheat', ...once },
      call,
    )
    await merge()
    expect(await title.progressOf(playerId, 'plain')).toMatchObject({ state: 'achieved', revoked: true })
    expect(await title.operations.getPlayerSummary({ titleId, playerId }, call)).toMatchObject({
      unlockedCount: 0,
      score: 0n,
    })
  },
)

test('adds up increment-only stats, keeps the better value of others, and updates the achievements that follow them', async () => {
  for (const [id, laps, rank, best] of [
    [playerId, 6, 3, 9],
    [absorbedPlayerId, 5, 8, 4],
  ] as const) {
    await title.setStat(id, 'laps', laps)
    await title.setStat(id, 'rank', rank)
    await title.setStat(id, 'best', best)
  }
  await merge()
  expect(await title.valuesOf(playerId)).toEqual({ laps: 11, rank: 8, best: 4 })
  expect(await title.progressOf(playerId, 'runner')).toMatchObject({ state: 'achieved' })
  expect(await title.progressOf(playerId, 'racer')).toMatchObject({ state: 'achieved' })
})

test('adds up what a challenge counted of an increment-only stat, and unlocks it', async () => {
  const challenges = new MergedTitle(services, 'challenges')
  await challenges.create(false)
  const now = instantFromMilliseconds(clock)
  const window = { start: now - 3600n * TICKS_PER_SECOND, end: now + 3600n * TICKS_PER_SECOND }
  for (const [id, statCode, operator] of [
    ['summed', 'laps', 'at_least'],
    ['highest', 'rank', 'at_least'],
    ['lowest', 'best', 'at_most'],
  ] as const) {
    const requirements = [requirementOf({ statCode, operator, target: operator === 'at_most' ? 1n : 10n })]
    const achievement = achievementOf({ id, kind: 'challenge', window, requirements })
    await challenges.operations.createAchievement({ titleId: 'challenges', achievement, ...once }, call)
  }
  for (const [id, value] of [
    [playerId, 6],
    [absorbedPlayerId, 5],
  ] as const)
    for (const code of ['laps', 'rank', 'best']) await challenges.setStat(id, code, value)
  await merge()
  expect(await challenges.progressOf(playerId, 'summed')).toMatchObject({
    state: 'achieved',
    values: { count: 11n },
  })
  expect(await challenges.progressOf(playerId, 'highest')).toMatchObject({ values: { count: 6n } })
  expect(await challenges.progressOf(playerId, 'lowest')).toMatchObject({ values: { count: 5n } })
})

describe('refuses where no rule decides, and changes nothing:', () => {
  test('a stat that achievements want to rise and to fall', async () => {
    await title.setStat(playerId, 'mixed', 10)
    await title.setStat(absorbedPlayerId, 'mixed', 20)
    await expect(merge()).rejects.toMatchObject({ reason: 'MERGE_REFUSED', metadata: { statCode: 'mixed' } })
    expect(await title.valuesOf(absorbedPlayerId)).toEqual({ mixed: 20 })
  })

  test('a sum above the maximum', async () => {
    for (const id of [playerId, absorbedPlayerId]) await title.setStat(id, 'laps', 60)
    await expect(merge()).rejects.toMatchObject({ reason: 'MERGE_REFUSED', metadata: { statCode: 'laps' } })
  })

  test('too many accounts', async () => {
    const accounts = (prefix: number) =>
      Array.from({ length: 40 }, (_, index) => {
        const [[dialect, id] = ['', '']] = Object.entries(accountsOf(prefix + index))
        return { dialect, id }
      })
    await title.createPlayer(playerId, accounts(1000))
    await title.createPlayer(absorbedPlayerId, accounts(2000))
    await expect(merge()).rejects.toMatchObject({ reason: 'MERGE_REFUSED' })
    expect((await title.operations.getPlayer({ playerId: absorbedPlayerId }, call)).accounts).toHaveLength(40)
  })

  test('the other direction, after a merge', async () => {
    for (const id of [playerId, absorbedPlayerId]) await title.unlock(id)
    await merge()
    const reverse = merge({ playerId: absorbedPlayerId, absorbedPlayerId: playerId })
    await expect(reverse).rejects.toMatchObject({ reason: 'MERGE_REFUSED' })
  })

  test('a player that does not exist, or the same one', async () => {
    await title.unlock(playerId)
    await expect(merge()).rejects.toMatchObject({ reason: 'PLAYER_NOT_FOUND' })
    await expect(merge({ absorbedPlayerId: playerId })).rejects.toMatchObject({ reason: 'INVALID_FIELD' })
  })
})

test('contributions add up, the shared total stays, and a claimed reward is claimed', async () => {
  const community = new MergedTitle(services, 'community')
  await community.create(false)
  const { operations } = community
  const shared = async () =>
    (await operations.listCommunityProgress({ titleId: 'community' }, call))[0]?.progress
  await community.setStat(playerId, 'laps', 8)
  await community.setStat(absorbedPlayerId, 'laps', 12)
  await community.setStat('both', 'laps', 1)
  const claim = (id: string) => operations.claimReward({ ...community.key(id, 'goal'), ...once }, call)
  const { claimTime } = await claim(absorbedPlayerId)
  const before = await shared()
  expect(before).toMatchObject({ value: 20, unlockTime: expect.anything() })
  clock += 1000
  await merge()
  expect(await shared()).toEqual(before)
  const own = await operations.listContributions({ titleId: 'community', playerId }, call)
  expect(own).toMatchObject([{ contribution: { value: 20, claimTime }, claimable: false }])
  for (const id of [playerId, absorbedPlayerId])
    expect(await claim(id)).toEqual({ claimTime, newlyClaimed: false })
})
