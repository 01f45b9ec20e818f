import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Achievement } from '../../../src/model/achievement.ts'
import { LaurelError } from '../../../src/model/errors.ts'
import type { PlayerPrincipal } from '../../../src/model/principal.ts'
import { listUnlockTotals } from '../../../src/service/achievements/unlock-totals.ts'
import {
  claimReward,
  listCommunityProgress,
  listCommunityProgressAsAdmin,
  listContributions,
  listContributors,
} from '../../../src/service/community/community.ts'
import { listCommunityGoals, listPlayerContributions } from '../../../src/service/community/lists.ts'
import {
  resetProgress,
  restoreAchievement,
  revokeAchievement,
} from '../../../src/service/progress/enforcement.ts'
import { listPlayerTitles } from '../../../src/service/progress/get-progress.ts'
import { listProgress } from '../../../src/service/progress/list-progress.ts'
import { batchRecordProgress } from '../../../src/service/progress/record-progress.ts'
import { deleteTitle } from '../../../src/service/titles/titles.ts'
import { counted, reach, titleWith as titleWithOne } from '../../support/one-achievement.ts'
import { callOf, createTestServices, progressWriterOf, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const once = { requestId: undefined }
const UNLOCK = { kind: 'unlock' } as const
const NOT_LIVE = { code: 'failed_precondition', reason: 'NOT_LIVE' }
const ABSENT = { code: 'not_found', reason: 'ACHIEVEMENT_NOT_FOUND' }

beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const titleWith = (parts: Partial<Achievement>) => titleWithOne(services, parts)

function asPlayer(playerId: string) {
  const principal: PlayerPrincipal = { kind: 'player', name: playerId, playerId, permissions: [] }
  return { ...call, principal }
}

/** Returns the ids that the player's list has, from the cache of pages and without it. */
async function listed(titleId: string, playerId: string) {
  const page = { pageSize: undefined, pageToken: undefined, states: [] }
  const list = () => listProgress(services, { titleId, playerId, view: 'full', ...page }, call)
  const [first, second] = [await list(), await list()]
  expect(second).toEqual(first)
  return first.items.map(({ achievement }) => achievement.id)
}

describe('a draft', () => {
  test('rejects reports, and does not exist for a player', async () => {
    const { key, record, update } = await titleWith({ lifecycle: 'draft' })
    await expect(record('ann', UNLOCK)).rejects.toMatchObject({
      ...NOT_LIVE,
      metadata: { ...key, lifecycle: 'draft' },
    })
    const items = [{ ...key, playerId: 'ann', report: UNLOCK, occurredTime: undefined, ...once }]
    const [outcome] = await batchRecordProgress(services, { items }, asPlayer('ann'))
    expect(outcome).toMatchObject(ABSENT)
    await update({ lifecycle: 'live' })
    expect(await record('ann', UNLOCK)).toMatchObject({ newlyUnlocked: true })
  })

  test('is in no list of a player, and counts in no total', async () => {
    const { key, update, progress, summary } = await titleWith({ lifecycle: 'draft' })
    const { titleId } = key
    expect(await listed(titleId, 'ann')).toEqual([])
    await expect(progress('ann')).rejects.toMatchObject(ABSENT)
    expect(await summary('ann')).toMatchObject({ achievementCount: 0, maxScore: 0n })
    expect((await listUnlockTotals(services, { titleId, pageSize: 0, pageToken: '' }, call)).items).toEqual(
      [],
    )
    await update({ lifecycle: 'live' })
    expect(await listed(titleId, 'ann')).toEqual(['goal'])
    expect(await progress('ann')).toMatchObject({ state: 'not_started' })
    expect(await summary('ann')).toMatchObject({ achievementCount: 1, maxScore: 10n })
    await update({ lifecycle: 'draft' })
    expect(await listed(titleId, 'ann')).toEqual([])
  })

  test('keeps its title from being deleted without force', async () => {
    const { key } = await titleWith({ lifecycle: 'draft' })
    const request = { titleId: key.titleId, etag: undefined, force: false, ...once }
    await expect(deleteTitle(services, request, call)).rejects.toMatchObject({ reason: 'TITLE_NOT_EMPTY' })
  })

  test('gets the values of stats by a back-fill when it becomes live, and none before', async () => {
    const { key, stat, update, preview, progress, fill, events } = await titleWith({
      lifecycle: 'draft',
      requirements: counted(5n, 'kills'),
    })
    expect(await stat('ann', 7)).toMatchObject({ progressResults: [] })
    expect(await stat('ben', 2)).toMatchObject({ progressResults: [] })
    await update({ requirements: counted(4n, 'kills') })
    await expect(fill()).resolves.toBe(1)
    expect(await events('unlocked')).toEqual([])
    expect(await preview({ lifecycle: 'live' })).toMatchObject({ unlockCount: 1 })
    await update({ lifecycle: 'live' })
    await fill()
    expect(await progress('ann')).toMatchObject({ state: 'achieved' })
    expect(await progress('ben')).toMatchObject({ state: 'in_progress', percent: 50 })
    expect(await listed(key.titleId, 'ben')).toEqual(['goal'])
  })

  test('that was live drops the values of a stat that it no longer follows', async () => {
    const { stat, update, progress, fill } = await titleWith({ requirements: counted(5n, 'kills') })
    await stat('ann', 4)
    await update({ lifecycle: 'draft' })
    await update({ requirements: counted(5n, 'deaths') })
    await fill()
    await update({ lifecycle: 'live' })
    await fill()
    expect(await progress('ann')).toMatchObject({ state: 'not_started', values: {} })
  })
})

describe('a retired achievement', () => {
  test('is in the totals of the players that have it, and of callers that are no players', async () => {
    const { key, record, update } = await titleWith({})
    await record('ann', UNLOCK)
    await update({ lifecycle: 'retired' })
    const page = { titleId: key.titleId, pageSize: undefined, pageToken: undefined }
    const totalsFor = async (caller: typeof call) =>
      (await listUnlockTotals(services, page, caller)).items.map(({ achievementId }) => achievementId)
    expect(await totalsFor(call)).toEqual(['goal'])
    expect(await totalsFor(asPlayer('ann'))).toEqual(['goal'])
    expect(await totalsFor(asPlayer('ben'))).toEqual([])
  })

  test('unlocks for no other player, and stays unlocked for its owners', async () => {
    const { key, record, update, progress, summary } = await titleWith({ requirements: counted(10n) })
    await record('ann', UNLOCK)
    await record('ben', reach(9n))
    await update({ lifecycle: 'retired' })
    expect(await record('ann', UNLOCK)).toMatchObject({ alreadyUnlocked: true, newlyUnlocked: false })
    for (const report of [UNLOCK, reach(10n)]) {
      await expect(record('ben', report)).rejects.toMatchObject({
        ...NOT_LIVE,
        metadata: { ...key, lifecycle: 'retired' },
      })
    }
    expect(await listed(key.titleId, 'ann')).toEqual(['goal'])
    expect(await listed(key.titleId, 'ben')).toEqual([])
    expect(await progress('ann')).toMatchObject({ state: 'achieved' })
    await expect(progress('ben')).rejects.toMatchObject(ABSENT)
    const own = { unlockedCount: 1, score: 10n, achievementCount: 1, maxScore: 10n }
    expect(await summary('ann')).toMatchObject(own)
    expect(await listPlayerTitles(services, { playerId: 'ann' }, call)).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ summary: expect.objectContaining(own) })]),
    )
    expect(await summary('ben')).toMatchObject({ unlockedCount: 0, achievementCount: 0, maxScore: 0n })
    await update({ lifecycle: 'live' })
    expect(await progress('ben')).toMatchObject({ state: 'in_progress', percent: 90 })
    expect(await record('ben', reach(10n))).toMatchObject({ newlyUnlocked: true })
  })

  test('is revoked, restored and reset as always', async () => {
    const { key, record, update, progress } = await titleWith({})
    await record('ann', UNLOCK)
    await update({ lifecycle: 'retired' })
    const request = { ...key, playerId: 'ann', reason: 'a bot', ...once }
    expect(await revokeAchievement(services, request, call)).toMatchObject({ changed: true })
    expect(await progress('ann')).toMatchObject({ revoked: true })
    expect(await restoreAchievement(services, request, call)).toMatchObject({ changed: true })
    expect(await resetProgress(services, request, call)).toMatchObject({ resetCount: 1 })
    expect(await listed(key.titleId, 'ann')).toEqual([])
    await expect(record('ann', UNLOCK)).rejects.toMatchObject(NOT_LIVE)
  })

  test('is not moved by a running back-fill', async () => {
    const { record, update, fill, events, progress } = await titleWith({ requirements: counted(100n) })
    await record('ann', reach(60n))
    await update({ requirements: counted(50n) })
    await update({ lifecycle: 'retired' })
    await fill()
    expect(await events('unlocked')).toEqual([])
    await update({ lifecycle: 'live' })
    await fill()
    expect(await progress('ann')).toMatchObject({ state: 'achieved' })
  })

  test('unlocks no more once the response to the update has come', async () => {
    const { key, update, events } = await titleWith({})
    const processes = [services, { ...services, progressWriter: progressWriterOf(services) }]
    const report = (player: number) =>
      batchRecordProgress(
        processes[player % 2] as TestServices,
        {
          items: [{ ...key, playerId: `p${player}`, report: UNLOCK, occurredTime: undefined, ...once }],
        },
        call,
      )
    let isRetired = false
    const reports = Array.from({ length: 50 }, async (_, worker) => {
      let rejected = 0
      for (let number = 0; number < 4; number += 1) {
        const isLate = isRetired
        const [outcome] = await report(number * 50 + worker)
        if (outcome instanceof LaurelError) {
          expect(outcome).toMatchObject(NOT_LIVE)
          rejected += 1
        } else expect(isLate).toBe(false)
      }
      return rejected
    })
    await report(1_000)
    await update({ lifecycle: 'retired' })
    isRetired = true
    const { length } = await events('unlocked')
    const rejected = (await Promise.all(reports)).reduce((sum, count) => sum + count, 0)
    expect(rejected).toBeGreaterThan(0)
    expect(await events('unlocked')).toHaveLength(length)
    expect(rejected + length).toBe(201)
  })
})

describe('of the community', () => {
  test('a draft takes no contribution, and a retired achievement none', async () => {
    const { key, stat, update, events, fill } = await titleWith({
      lifecycle: 'draft',
      participation: 'community',
      requirements: counted(10n, 'kills'),
    })
    const { titleId } = key
    const shared = (list: typeof listCommunityProgress) => list(services, { titleId }, call)
    const page = { pageSize: undefined, pageToken: undefined }
    const counts = async () => {
      const goals = (view: 'full' | 'player') =>
        listCommunityGoals(services, { titleId, view, ...page }, call)
      const own = await listPlayerContributions(services, { titleId, playerId: 'ann', ...page }, call)
      return [(await goals('full')).items.length, (await goals('player')).items.length, own.items.length]
    }
    expect(await stat('ann', 20)).toMatchObject({ contributions: [] })
    await update({ lifecycle: 'live' })
    await fill()
    expect(await stat('ann', 4)).toMatchObject({ contributions: [{ value: 4, newlyUnlocked: false }] })
    await update({ lifecycle: 'retired' })
    expect(await stat('ann', 20)).toMatchObject({ contributions: [] })
    await update({ requirements: counted(2n, 'kills') })
    await fill()
    expect(await events('community_unlocked')).toEqual([])
    expect(await counts()).toEqual([1, 0, 0])
    expect(await shared(listCommunityProgress)).toEqual([])
    expect(await listContributions(services, { titleId, playerId: 'ann' }, call)).toEqual([])
    expect(await shared(listCommunityProgressAsAdmin)).toHaveLength(1)

    await update({ lifecycle: 'live' })
    await fill()
    expect(await events('community_unlocked')).toHaveLength(1)
    await update({ lifecycle: 'retired' })
    expect(await counts()).toEqual([1, 1, 1])
    expect(await shared(listCommunityProgress)).toHaveLength(1)
    expect(await listContributions(services, { titleId, playerId: 'ann' }, call)).toHaveLength(1)
    await update({ lifecycle: 'draft' })
    const claim = { ...key, playerId: 'ann', ...once }
    await expect(claimReward(services, claim, call)).rejects.toMatchObject(NOT_LIVE)
    await expect(claimReward(services, claim, asPlayer('ann'))).rejects.toMatchObject(ABSENT)
    expect(await shared(listCommunityProgress)).toEqual([])
    expect(await listContributions(services, { titleId, playerId: 'ann' }, call)).toEqual([])
    const filter = { ...key, dialect: 'any', descending: false, offset: 0, limit: 10 }
    await expect(listContributors(services, filter, call)).rejects.toMatchObject(ABSENT)
  })
})
