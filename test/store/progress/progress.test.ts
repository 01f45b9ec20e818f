import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LaurelError } from '../../../src/model/errors.ts'
import type { ProgressResult, Report } from '../../../src/model/progress.ts'
import { findPlayer, getPlayer } from '../../../src/service/players/players.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { batchRecordProgress, recordProgress } from '../../../src/service/progress/record-progress.ts'
import { countLockWaits } from '../../support/lock-waits.ts'
import { createPlayedTitle, item, reach, titleId, unlock } from '../../support/played-title.ts'
import { callOf } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>
let { services, pool, record, summary, events } = {} as typeof played
const call = callOf()

beforeAll(async () => {
  played = await createPlayedTitle()
  ;({ services, pool, record, summary, events } = played)
})
afterAll(() => played[Symbol.asyncDispose]())

describe('a report', () => {
  test('is stored, writes an event, and raises the totals when it unlocks', async () => {
    await record('ann', 'counted', reach(557n))
    const result = await record('ann', 'counted', reach(1000n))
    expect(result).toMatchObject({
      newlyUnlocked: true,
      progress: { values: { count: 1000n }, writer: 'tester' },
    })
    expect(
      await getProgress(services, { titleId, playerId: 'ann', achievementId: 'counted' }, call),
    ).toMatchObject({
      progress: result.progress,
    })
    expect((await events('ann')).map(({ kind, percent }) => [kind, percent])).toEqual([
      ['progressed', 55],
      ['unlocked', 100],
    ])
    expect(await summary('ann')).toMatchObject({
      unlockedCount: 1,
      score: 20n,
      lastUnlockTime: result.progress.unlockTime,
      achievementCount: 3,
      maxScore: 60n,
    })
  })

  test('without a change writes no event', async () => {
    await record('bob', 'counted', reach(5n))
    expect(await record('bob', 'counted', reach(5n))).toMatchObject({ changed: false, newlyUnlocked: false })
    expect(await events('bob')).toHaveLength(1)
  })

  test('creates the player, unless it is rejected', async () => {
    await expect(record('nobody', 'plain', reach(1n))).rejects.toMatchObject({ reason: 'NO_REQUIREMENT' })
    await expect(getPlayer(services, { playerId: 'nobody' }, call)).rejects.toMatchObject({
      reason: 'PLAYER_NOT_FOUND',
    })
    await record('nobody', 'plain', unlock)
    expect(await getPlayer(services, { playerId: 'nobody' }, call)).toMatchObject({ id: 'nobody' })
  })

  test('fails with the missing title or achievement', async () => {
    await expect(record('ann', 'nothing', unlock)).rejects.toMatchObject({
      reason: 'ACHIEVEMENT_NOT_FOUND',
      metadata: { titleId, achievementId: 'nothing' },
    })
    await expect(record('ann', 'plain', unlock, { titleId: 'nowhere' })).rejects.toMatchObject({
      reason: 'TITLE_NOT_FOUND',
    })
    await expect(findPlayer(services, { dialect: 'toy', accountId: '1' }, call)).rejects.toMatchObject({
      reason: 'ACCOUNT_NOT_FOUND',
    })
  })

  test('may state its time, within bounds', async () => {
    const now = services.now()
    const at = (seconds: number) => ({ occurredTime: now - BigInt(seconds) * 10_000_000n })
    const { progress } = await record('cat', 'plain', unlock, at(60))
    expect(progress).toMatchObject({ unlockTime: now - 600_000_000n, unlockPrecision: 'reported' })
    await expect(record('dan', 'plain', unlock, at(3700))).rejects.toMatchObject({
      reason: 'TIME_OUT_OF_BOUNDS',
    })
    await expect(record('dan', 'plain', unlock, at(-70))).rejects.toMatchObject({
      reason: 'TIME_OUT_OF_BOUNDS',
    })
    const ahead = at(-50)
    const { progress: taken } = await record('dan', 'plain', unlock, ahead)
    expect(taken.unlockPrecision).toBe('exact')
    expect(taken.unlockTime).toBeLessThan(ahead.occurredTime)
  })
})

describe('a request id', () => {
  test('returns the first response when it is repeated after later progress', async () => {
    const parts = { requestId: 'r1' }
    const first = await record('eve', 'counted', reach(5n), parts)
    await record('eve', 'counted', reach(50n))
    expect(await record('eve', 'counted', reach(5n), parts)).toEqual(first)
    await expect(record('eve', 'counted', reach(6n), parts)).rejects.toMatchObject({
      reason: 'REQUEST_ID_REUSED',
    })
  })

  test('adds once under concurrent retries', async () => {
    const add: Report = { kind: 'add', requirementId: undefined, quantity: 7n }
    const tries = Array.from({ length: 30 }, () => record('fay', 'counted', add, { requestId: 'r' }))
    const results = await Promise.all(tries)
    expect(new Set(results.map(({ progress }) => progress.values['count']))).toEqual(new Set([7n]))
    expect(await events('fay')).toHaveLength(1)
  })

  test('is free again after a rejected call', async () => {
    const refused = record('gus', 'plain', reach(1n), { requestId: 'again' })
    await expect(refused).rejects.toMatchObject({ reason: 'NO_REQUIREMENT' })
    expect(await record('gus', 'plain', unlock, { requestId: 'again' })).toMatchObject({
      newlyUnlocked: true,
    })
  })
})

describe('a batch', () => {
  test('returns an outcome for each item in order, and a failed item affects no other', async () => {
    const items = [
      item('hal', 'counted', reach(10n), { requestId: 'h1' }),
      item('hal', 'nothing', unlock),
      item('hal', 'counted', reach(9n)),
      item('ida', 'plain', unlock),
      item('hal', 'counted', reach(10n), { requestId: 'h1' }),
      item('hal', 'counted', reach(11n), { requestId: 'h1' }),
      item('ida', 'plain', unlock),
    ]
    const results = await batchRecordProgress(services, { items }, call)
    const short = results.map((result) => {
      const { reason, changed, newlyUnlocked } = result as LaurelError & ProgressResult
      return reason ?? [changed, newlyUnlocked]
    })
    expect(short).toEqual([
      [true, false],
      'ACHIEVEMENT_NOT_FOUND',
      [false, false],
      [true, true],
      [true, false],
      'REQUEST_ID_REUSED',
      [false, false],
    ])
  })

  test('records all of concurrent batches in opposite orders without a deadlock', async () => {
    const players = Array.from({ length: 40 }, (_, index) => `swarm-${index}`)
    const add: Report = { kind: 'add', requirementId: undefined, quantity: 1n }
    const batches = Array.from({ length: 12 }, (_, round) =>
      batchRecordProgress(
        services,
        { items: (round % 2 ? players : players.toReversed()).map((player) => item(player, 'counted', add)) },
        call,
      ),
    )
    await Promise.all(batches)
    const { rows } = await pool.query(
      `select distinct values->>'count' as count from progress where player_id like 'swarm-%'`,
    )
    expect(rows).toEqual([{ count: '12' }])
  })
})

test('unlocks once for 64 concurrent writers: one result, one time, one event, one count', async () => {
  const results = await Promise.all(Array.from({ length: 64 }, () => record('jim', 'plain', unlock)))
  expect(results.filter(({ newlyUnlocked }) => newlyUnlocked)).toHaveLength(1)
  expect(new Set(results.map(({ progress }) => progress.unlockTime)).size).toBe(1)
  expect(results.filter(({ alreadyUnlocked }) => alreadyUnlocked)).toHaveLength(63)
  expect(await events('jim')).toHaveLength(1)
  expect(await summary('jim')).toMatchObject({ unlockedCount: 1, score: 10n })
})

test('releases its connection and changes nothing when it is cancelled while it waits for a lock', async () => {
  await record('ned', 'counted', reach(1n))
  const holder = await pool.connect()
  await holder.query('begin')
  await holder.query(`select * from progress where player_id = 'ned' for update`)
  const abort = new AbortController()
  const waiting = recordProgress(services, item('ned', 'counted', reach(9n)), {
    ...call,
    signal: abort.signal,
  })
  const waits = () => countLockWaits(services.databaseUrl)
  await expect.poll(waits).toBe(1)
  abort.abort()
  await expect(waiting).rejects.toThrow()
  await expect.poll(waits).toBe(0)
  await holder.query('commit')
  holder.release()
  const { progress } = await getProgress(
    services,
    { titleId, playerId: 'ned', achievementId: 'counted' },
    call,
  )
  expect(progress.values).toEqual({ count: 1n })
})
