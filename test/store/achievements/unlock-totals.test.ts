import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../../src/service/achievements/delete-achievement.ts'
import { UnlockCounter } from '../../../src/service/achievements/unlock-counter.ts'
import { listUnlockTotals } from '../../../src/service/achievements/unlock-totals.ts'
import { mergePlayers } from '../../../src/service/players/merge-players.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import {
  resetProgress,
  restoreAchievement,
  revokeAchievement,
} from '../../../src/service/progress/enforcement.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { PlayerCounts } from '../../../src/service/titles/player-counts.ts'
import { deleteTitle } from '../../../src/service/titles/titles.ts'
import { runs } from '../../conformance/fuzz-factor.ts'
import { createPlayedTitle, item, reach, titleId, unlock } from '../../support/played-title.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf } from '../../support/services.ts'
import { countUnlocks } from '../../support/unlock-counts.ts'

const ACHIEVEMENTS = ['plain', 'counted', 'hidden']
const none = { reason: '', requestId: undefined }

let played: Awaited<ReturnType<typeof createPlayedTitle>>
beforeAll(async () => {
  played = await createPlayedTitle()
})
afterAll(() => played[Symbol.asyncDispose]())

async function totals() {
  const page = { titleId, pageSize: undefined, pageToken: undefined }
  const { items } = await listUnlockTotals(played.services, page, callOf())
  return Object.fromEntries(items.map(({ achievementId, unlockedCount }) => [achievementId, unlockedCount]))
}

async function recount() {
  const { rows } = await played.pool.query<{ id: string; count: string }>(
    `select a.id, count(p.player_id) from achievements a left join progress p on p.title_id = a.title_id
       and p.achievement_id = a.id and p.state = 'achieved' and not p.revoked where a.title_id = $1 group by a.id`,
    [titleId],
  )
  return Object.fromEntries(rows.map(({ id, count }) => [id, BigInt(count)]))
}

const OPERATIONS = [
  'unlock',
  'step',
  'revoke',
  'restore',
  'reset',
  'delete',
  'merge',
  'remove',
  'count',
] as const
const action = fc.record({
  operation: fc.constantFrom(...OPERATIONS, 'unlock' as const, 'unlock' as const),
  player: fc.constantFrom('p1', 'p2', 'p3'),
  other: fc.constantFrom('p1', 'p2', 'p3'),
  achievement: fc.constantFrom(...ACHIEVEMENTS),
})
type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

/** Runs an action, and ignores its refusal: a random sequence may revoke an achievement that is not unlocked. */
async function run({
  operation,
  player: playerId,
  other,
  achievement: achievementId,
}: Action): Promise<void> {
  const { services } = played
  const call = callOf()
  const key = { titleId, playerId, achievementId, ...none }
  const report = (parts: typeof unlock) =>
    recordProgress(services, item(playerId, achievementId, parts), call)
  const runs: Readonly<Record<Action['operation'], () => Promise<unknown>>> = {
    unlock: () => report(unlock),
    step: () => report(reach(600n)),
    revoke: () => revokeAchievement(services, key, call),
    restore: () => restoreAchievement(services, key, call),
    reset: () =>
      resetProgress(services, { ...key, achievementId: other === 'p1' ? undefined : achievementId }, call),
    async delete() {
      await deletePlayer(services, { playerId, etag: undefined, requestId: undefined }, call)
      const player = { id: playerId, displayName: '', accounts: [] }
      await createPlayer(services, { player, requestId: undefined }, call)
    },
    async merge() {
      const absorbedPlayerId = `x${crypto.randomUUID()}`
      await recordProgress(services, item(absorbedPlayerId, achievementId, unlock), call)
      if (other === 'p2') await countUnlocks(services)
      await mergePlayers(services, { playerId, absorbedPlayerId, ...none }, call)
    },
    async remove() {
      const [achievement] = [achievementOf({ id: achievementId })]
      await deleteAchievement(
        services,
        { titleId, achievementId, etag: undefined, force: true, requestId: undefined },
        call,
      )
      await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
    },
    count: () => countUnlocks(services),
  }
  await runs[operation]().catch((error: { reason?: string }) => {
    expect(error.reason).toMatch(/NOT_ACHIEVED|PLAYER_|REQUIREMENT|MERGE_REFUSED/)
  })
}

test('the totals equal a recount after any sequence of changes, whenever events are counted', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
      for (const each of actions) await run(each)
      await countUnlocks(played.services)
      expect(await totals()).toEqual(await recount())
    }),
    runs(30),
  )
})

test('the totals equal a recount after concurrent changes, counted by several servers', async () => {
  const actions = fc
    .sample(action, { numRuns: 300, seed: 7 })
    .filter(({ operation }) => operation !== 'remove')
  const queue = [...actions]
  const worker = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await run(next)
  }
  await Promise.all([worker(), worker(), worker(), worker()])
  await countUnlocks(played.services)
  expect(await totals()).toEqual(await recount())
})

describe('a page of totals', () => {
  test('has the share of the players, and continues after the last achievement', async () => {
    for (const player of ['q1', 'q2', 'q3', 'q4']) await played.record(player, 'plain', unlock)
    await countUnlocks(played.services)
    // The number of players is cached for a second at least.
    const services = { ...played.services, playerCounts: new PlayerCounts(played.services.store) }
    const list = (pageSize: number, pageToken?: string) =>
      listUnlockTotals(services, { titleId, pageSize, pageToken }, callOf())
    const first = await list(2)
    const second = await list(2, first.nextPageToken)
    expect([...first.items, ...second.items].map(({ achievementId }) => achievementId)).toEqual([
      'counted',
      'hidden',
      'plain',
    ])
    expect(second.nextPageToken).toBeUndefined()
    const [plain] = second.items
    expect(plain?.unlockedPercent).toBeCloseTo(
      (100 * Number(plain?.unlockedCount)) / Number(second.playerCount),
    )
  })

  test('is refused for a title that does not exist, as after its deletion', async () => {
    const request = { titleId: 'none', pageSize: undefined, pageToken: undefined }
    await expect(listUnlockTotals(played.services, request, callOf())).rejects.toMatchObject({
      reason: 'TITLE_NOT_FOUND',
    })
  })
})

test('the events of a process that died while it counted are counted without a further event', async () => {
  await played.record('r1', 'plain', unlock)
  const counter = new UnlockCounter(played.services, (error) => {
    throw error
  })
  const dying = await played.pool.connect()
  try {
    await dying.query('begin; select from unlock_position for update')
    const { plain = 0n } = await totals()
    counter.start()
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await totals())['plain']).toBe(plain)
    await dying.query('rollback')
    await expect.poll(async () => (await totals())['plain']).toBe(plain + 1n)
  } finally {
    dying.release()
    await counter.stop()
  }
})

test('a deleted title leaves no totals', async () => {
  const deletion = { titleId, etag: undefined, force: true, requestId: undefined }
  await deleteTitle(played.services, deletion, callOf())
  await countUnlocks(played.services)
  const { rows } = await played.pool.query('select from achievement_totals')
  expect(rows).toEqual([])
})
