import fc from 'fast-check'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Achievement } from '../../../src/model/achievement.ts'
import type { PlayerPrincipal } from '../../../src/model/principal.ts'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../../src/service/achievements/delete-achievement.ts'
import {
  type AchievementPatch,
  updateAchievement,
} from '../../../src/service/achievements/update-achievement.ts'
import {
  claimReward,
  listCommunityProgress,
  listContributions,
  listContributors,
  resetCommunityProgress,
} from '../../../src/service/community/community.ts'
import { deletePlayer } from '../../../src/service/players/players.ts'
import { listProgress } from '../../../src/service/progress/list-progress.ts'
import { batchRecordProgress } from '../../../src/service/progress/record-progress.ts'
import { recordStats } from '../../../src/service/stats/stat-values.ts'
import { createStat } from '../../../src/service/stats/stats.ts'
import { createTitle, deleteTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let database: Client
let titles = 0
const call = callOf()
const once = { requestId: undefined }

beforeAll(async () => {
  services = await createTestServices()
  database = new Client({ connectionString: services.databaseUrl })
  await database.connect()
})
afterAll(async () => {
  await database.end()
  await services[Symbol.asyncDispose]()
})

/** Creates a title with a community goal of `target` laps, and an individual achievement that follows the same stat. */
async function goalOf(target: bigint, parts: Partial<Achievement> = {}) {
  titles += 1
  const titleId = `title-${titles}`
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, ...once }, call)
  const laps = [requirementOf({ statCode: 'laps', target })]
  const goal = achievementOf({ id: 'goal', participation: 'community', requirements: laps, ...parts })
  await createAchievement(services, { titleId, achievement: goal, ...once }, call)
  const alone = achievementOf({ id: 'alone', requirements: laps })
  await createAchievement(services, { titleId, achievement: alone, ...once }, call)
  return {
    titleId,
    key: (playerId: string) => ({ titleId, playerId, achievementId: 'goal', ...once }),
    add: (
      playerId: string,
      value: number,
      operation: 'increment' | 'set' = 'increment',
      requestId?: string,
    ) => {
      const updates = [{ code: 'laps', operation, value }]
      return recordStats(services, { titleId, playerId, occurredTime: undefined, requestId, updates }, call)
    },
    shared: async () => (await listCommunityProgress(services, { titleId }, call))[0]?.progress,
    contributors: () =>
      listContributors(
        services,
        { titleId, achievementId: 'goal', dialect: 'toy', descending: true, offset: 0, limit: 1000 },
        call,
      ),
    events: async (kind: string) => {
      const text = 'select player_id from events where title_id = $1 and kind = $2 order by id'
      return (await database.query(text, [titleId, kind])).rows.map((row) => row.player_id as string)
    },
  }
}

describe('a community achievement', () => {
  test('adds the rises of stats, starting from the default, and rejects reports of one player', async () => {
    const { titleId, add, shared, key, contributors } = await goalOf(100n)
    await add('ann', 10)
    await add('ann', 4, 'set')
    await add('ann', 9, 'set')
    const { contributions, progressResults } = await add('bob', 2.5)
    expect(contributions).toMatchObject([{ contributed: 2.5, value: 17.5, newlyUnlocked: false }])
    expect(progressResults.map(({ achievementId }) => achievementId)).toEqual(['alone'])
    expect(await shared()).toMatchObject({ value: 17.5, unlockTime: undefined })
    expect((await contributors()).map(({ playerId, value }) => [playerId, value])).toEqual([
      ['ann', 15],
      ['bob', 2.5],
    ])
    const reports = [
      { kind: 'unlock' },
      { kind: 'percent', percent: 3 },
      { kind: 'add', requirementId: undefined, quantity: 1n },
    ] as const
    const items = reports.map((report) => ({ ...key('ann'), report, occurredTime: undefined }))
    for (const outcome of await batchRecordProgress(services, { items }, call)) {
      expect(outcome).toMatchObject({ code: 'failed_precondition', reason: 'COMMUNITY_GOAL' })
    }
    const list = {
      titleId,
      playerId: 'ann',
      pageSize: 9,
      pageToken: undefined,
      view: 'full',
      states: [],
    } as const
    const { items: progressList } = await listProgress(services, list, call)
    const states = progressList.map(({ achievement, progress }) => [achievement.id, progress.state])
    expect(states).toEqual([
      ['goal', 'not_started'],
      ['alone', 'in_progress'],
    ])
  })

  test('has an exact sum under concurrent writes, unlocks once, and then takes no more contributions', async () => {
    const { titleId, add, shared, contributors, events } = await goalOf(9n)
    const players = Array.from({ length: 12 }, (_, index) => `p${index}`)
    const writes = players.flatMap((player) => Array.from({ length: 8 }, () => add(player, 0.1)))
    await Promise.all(writes)
    const { value = 0 } = (await shared()) ?? {}
    const exact = async (selected: string) =>
      (await database.query(`select ${selected} where title_id = $1`, [titleId])).rows
    expect(await exact('sum(value) as value from contributions')).toEqual(
      await exact('value from community_progress'),
    )
    expect(value).toBeGreaterThanOrEqual(9)
    expect(value).toBeLessThan(9.2)
    expect(await events('community_unlocked')).toHaveLength(1)
    const results = await Promise.all(writes)
    expect(
      results.flatMap(({ contributions }) => contributions.filter((each) => each.newlyUnlocked)),
    ).toHaveLength(1)
    const before = await contributors()
    expect((await add('p0', 50)).contributions).toEqual([])
    expect(await contributors()).toEqual(before)
  })

  test('is the sum of its contributions in any order, and rises once for a request id', async () => {
    const { add, shared, contributors } = await goalOf(10n ** 6n)
    let expected = 0
    let request = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -5, max: 30 })), { minLength: 1, maxLength: 8 }),
        async (changes) => {
          request += 1
          const ids = changes.map((_, index) => `r${request}-${index}`)
          const run = () =>
            Promise.all(changes.map(([player, by], index) => add(`q${player}`, by, 'increment', ids[index])))
          await Promise.all([run(), run()])
          expected += changes.reduce((sum, [, by]) => sum + Math.max(by, 0), 0)
          const contributed = (await contributors()).reduce((sum, { value }) => sum + value, 0)
          expect([contributed, (await shared())?.value ?? 0]).toEqual([expected, expected])
        },
      ),
      { numRuns: 15 },
    )
  })

  test('does not deadlock with others that follow the same stat', async () => {
    const { titleId, add } = await goalOf(10_000n)
    for (const id of ['b-goal', 'a-goal', 'z-goal']) {
      const requirements = [requirementOf({ statCode: 'laps', target: 200n })]
      const achievement = achievementOf({ id, participation: 'community', requirements })
      await createAchievement(services, { titleId, achievement, ...once }, call)
    }
    await Promise.all(Array.from({ length: 60 }, (_, index) => add(`p${index % 20}`, 5)))
    const all = await listCommunityProgress(services, { titleId }, call)
    expect(all.map(({ achievement, progress }) => [achievement.id, progress.value])).toEqual([
      ['a-goal', 200],
      ['b-goal', 200],
      ['goal', 300],
      ['z-goal', 200],
    ])
  })

  test('that is a challenge counts nothing from outside its window', async () => {
    const now = services.now()
    const { add, shared } = await goalOf(5n, { kind: 'challenge', window: { start: 0n, end: now - 1n } })
    await add('ann', 7)
    expect(await shared()).toBeUndefined()
  })

  test('that is a challenge loses its contributions with a new start of its window, until it is unlocked', async () => {
    const start = services.now()
    const end = start + 2n ** 40n
    const window = { start, end }
    const { titleId, add, shared, contributors } = await goalOf(5n, { kind: 'challenge', window })
    const key = { titleId, achievementId: 'goal', etag: undefined, ...once }
    const update = (patch: AchievementPatch) => updateAchievement(services, { ...key, patch }, call)
    await add('ann', 3)
    await update({ window: { start, end: end + 1n } })
    expect(await shared()).toMatchObject({ value: 3 })
    // Whatever the participation is when the start moves.
    await update({ participation: 'individual' })
    await update({ window: { start: start + 1n, end } })
    await update({ participation: 'community' })
    expect([await shared(), await contributors()]).toEqual([undefined, []])
    await add('ann', 5)
    await update({ window })
    expect(await shared()).toMatchObject({ value: 5, unlockTime: expect.any(BigInt) })
  })
})

describe('the reward of a community achievement', () => {
  test('is claimed once, by a contributor, after the unlock', async () => {
    const { titleId, add, key, events } = await goalOf(10n)
    await add('ann', 4)
    const claim = (playerId: string) => claimReward(services, key(playerId), call)
    await expect(claim('ann')).rejects.toMatchObject({ reason: 'NOT_ACHIEVED' })
    await add('bob', 6)
    await expect(claim('eve')).rejects.toMatchObject({ reason: 'NO_CONTRIBUTION' })
    const list = () => listContributions(services, { titleId, playerId: 'ann' }, call)
    expect(await list()).toMatchObject([{ claimable: true, contribution: { value: 4 } }])
    const claims = await Promise.all(Array.from({ length: 8 }, () => claim('ann')))
    expect(claims.filter(({ newlyClaimed }) => newlyClaimed)).toHaveLength(1)
    expect(new Set(claims.map(({ claimTime }) => claimTime)).size).toBe(1)
    expect(await list()).toMatchObject([{ claimable: false }])
    expect(await events('claimed')).toEqual(['ann'])
    const { rows } = await database.query("select id from players where id = 'eve'")
    expect(rows).toEqual([])
  })
})

describe('deleting contributions', () => {
  test('a reset deletes those of all players, and writes an event for each contributor', async () => {
    const { titleId, add, shared, events, contributors } = await goalOf(10n)
    await Promise.all([add('ann', 4), add('bob', 6)])
    await resetCommunityProgress(services, { titleId, achievementId: 'goal', reason: 'test', ...once }, call)
    expect([await shared(), await contributors()]).toEqual([undefined, []])
    expect((await events('reset')).sort()).toEqual(['ann', 'bob'])
    await add('ann', 10)
    expect(await shared()).toMatchObject({ value: 10 })
    expect(await events('community_unlocked')).toHaveLength(2)
  })

  test('a deleted player loses their contributions, and the shared progress stays', async () => {
    const { add, shared, contributors } = await goalOf(100n)
    await add('gone', 4)
    await add('bob', 6)
    await deletePlayer(services, { playerId: 'gone', etag: undefined, ...once }, call)
    expect((await contributors()).map(({ playerId }) => playerId)).toEqual(['bob'])
    expect(await shared()).toMatchObject({ value: 10 })
  })

  test('an achievement with contributions, or its title, is deleted only with force', async () => {
    const { titleId, add } = await goalOf(100n)
    await add('ann', 1)
    const remove = (achievementId: string, force: boolean) =>
      deleteAchievement(services, { titleId, achievementId, etag: undefined, force, ...once }, call)
    await expect(remove('goal', false)).rejects.toMatchObject({ reason: 'ACHIEVEMENT_HAS_PROGRESS' })
    await remove('goal', true)
    const other = await goalOf(100n)
    await other.add('ann', 1)
    await deleteTitle(services, { titleId: other.titleId, etag: undefined, force: true, ...once }, call)
    const remaining = `select title_id from contributions where title_id in ($1, $2)
      union all select title_id from community_progress where title_id in ($1, $2)`
    expect((await database.query(remaining, [titleId, other.titleId])).rows).toEqual([])
  })
})

test('a player may write stats of clients, but not of servers', async () => {
  const { titleId, shared } = await goalOf(100n)
  const bounds = { minimum: undefined, maximum: undefined, incrementOnly: false, defaultValue: 0 }
  const stat = {
    titleId,
    code: 'likes',
    displayName: '',
    setBy: 'client',
    extensions: {},
    ...bounds,
  } as const
  await createStat(services, { stat, ...once }, call)
  const principal: PlayerPrincipal = { kind: 'player', name: 'ann', playerId: 'ann', permissions: [] }
  const report = { titleId, playerId: 'ann', occurredTime: undefined, requestId: undefined }
  const write = (code: string, writer?: 'client' | 'server') =>
    recordStats(
      services,
      { ...report, updates: [{ code, operation: 'set', value: 3 }], ...(writer && { writer }) },
      { ...call, principal: writer === 'client' ? call.principal : principal },
    )
  await expect(write('laps')).rejects.toMatchObject({ code: 'permission_denied', reason: 'SERVER_ONLY' })
  await expect(write('laps', 'server')).rejects.toMatchObject({ reason: 'SERVER_ONLY' })
  await expect(write('laps', 'client')).rejects.toMatchObject({ reason: 'SERVER_ONLY' })
  expect(await write('likes')).toMatchObject({ values: [{ value: 3 }] })
  expect(await shared()).toBeUndefined()
})
