import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { StatUpdate } from '../../../src/service/stats/stat-updates.ts'
import { listStatValues, recordStats } from '../../../src/service/stats/stat-values.ts'
import { createStat, deleteStat, type NewStat } from '../../../src/service/stats/stats.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const titleId = 'title'
const follow = (id: string, statCode: string, target: bigint) =>
  achievementOf({ id, requirements: [requirementOf({ statCode, target })] })

beforeAll(async () => {
  services = await createTestServices()
  const title = { id: titleId, displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, call)
  const stat = (parts: Partial<NewStat>) => {
    const defaults = {
      defaultValue: 0,
      minimum: undefined,
      maximum: undefined,
      incrementOnly: false,
      setBy: 'server',
      extensions: {},
    } as const
    const all = { titleId, code: '', displayName: '', ...defaults, ...parts }
    return createStat(services, { stat: all, requestId: undefined }, call)
  }
  await stat({ code: 'kills', minimum: 0, maximum: 100 })
  await stat({ code: 'steps', incrementOnly: true })
  await stat({ code: 'lives', defaultValue: 3 })
  const both = [
    requirementOf({ id: 'k', statCode: 'kills', target: 5n }),
    requirementOf({ id: 's', statCode: 'steps', target: 2n }),
  ]
  for (const achievement of [
    follow('kill-10', 'kills', 10n),
    follow('kill-50', 'kills', 50n),
    achievementOf({ id: 'both', requirements: both }),
    achievementOf({ id: 'free', requirements: both.map((each) => ({ ...each, statCode: undefined })) }),
  ]) {
    await createAchievement(services, { titleId, achievement, requestId: undefined }, call)
  }
})
afterAll(() => services[Symbol.asyncDispose]())

const write = (playerId: string, updates: StatUpdate[], requestId?: string) =>
  recordStats(services, { titleId, playerId, updates, occurredTime: undefined, requestId }, call)
const add = (code: string, value: number): StatUpdate => ({ code, operation: 'increment', value })

describe('a stat update', () => {
  test('updates each achievement that follows the stat, in its own transaction', async () => {
    const { values, progressResults } = await write('ann', [add('kills', 12.9)])
    expect(values).toMatchObject([{ code: 'kills', value: 12.9 }])
    const summary = progressResults.map(({ achievementId, newlyUnlocked, progress }) => [
      achievementId,
      newlyUnlocked,
      progress.percent,
    ])
    expect(summary).toEqual([
      ['both', false, 50],
      ['kill-10', true, 100],
      ['kill-50', false, 24],
    ])
    const again = await write('ann', [add('steps', 2)])
    expect(
      again.progressResults.map(({ achievementId, newlyUnlocked }) => [achievementId, newlyUnlocked]),
    ).toEqual([['both', true]])
  })

  test('that lowers a stat does not lower progress', async () => {
    await write('bob', [{ code: 'kills', operation: 'set', value: 30 }])
    expect(await write('bob', [{ code: 'kills', operation: 'set', value: 2 }])).toMatchObject({
      values: [{ value: 2 }],
      progressResults: [],
    })
    expect(
      await getProgress(services, { titleId, playerId: 'bob', achievementId: 'kill-50' }, call),
    ).toMatchObject({
      progress: { values: { count: 30n }, percent: 60 },
    })
  })

  test('applies its operations in order, starting from the default', async () => {
    const { values } = await write('cat', [
      add('lives', 1),
      { code: 'lives', operation: 'max', value: 2 },
      { code: 'lives', operation: 'min', value: 3.5 },
    ])
    expect(values).toMatchObject([{ code: 'lives', value: 3.5 }])
  })

  test('outside the bounds is rejected, not clamped, with all other updates of the call', async () => {
    const rejected = write('dan', [add('steps', 1), add('kills', 101)])
    await expect(rejected).rejects.toMatchObject({
      code: 'failed_precondition',
      reason: 'STAT_OUT_OF_BOUNDS',
    })
    await expect(write('dan', [add('steps', 2), add('steps', -1)])).rejects.toMatchObject({
      reason: 'STAT_INCREMENT_ONLY',
    })
    await expect(write('dan', [add('lives', 1e308), add('lives', 1e308)])).rejects.toMatchObject({
      reason: 'INVALID_FIELD',
    })
    await expect(write('dan', [add('mana', 1)])).rejects.toMatchObject({
      reason: 'STAT_NOT_FOUND',
      metadata: { statCode: 'mana' },
    })
    expect(await listStatValues(services, { titleId, playerId: 'dan' }, call)).toEqual([])
  })

  test('may require that a value exists or does not, and can reset any value to the default', async () => {
    const createOnly = { code: 'lives', operation: 'reset', value: 0, when: 'absent' } as const
    const more = { code: 'lives', operation: 'increment', value: 2, when: 'present' } as const
    await expect(write('gil', [more])).rejects.toMatchObject({
      code: 'not_found',
      reason: 'STAT_VALUE_NOT_FOUND',
    })
    const first = await write('gil', [createOnly, more])
    expect(first).toMatchObject({ values: [{ code: 'lives', value: 5 }] })
    await expect(write('gil', [createOnly])).rejects.toMatchObject({ reason: 'STAT_VALUE_EXISTS' })
    await write('gil', [add('steps', 4)])
    const { values, progressResults } = await write('gil', [
      { code: 'steps', operation: 'reset', value: 0 },
      more,
    ])
    expect([values, progressResults]).toMatchObject([
      [{ value: 0 }, { value: 7, createTime: first.values[0]?.createTime }],
      [],
    ])
  })

  test('is applied once for a request id, and none is lost among concurrent updates', async () => {
    await Promise.all(Array.from({ length: 20 }, () => write('eve', [add('steps', 5)], 'same')))
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => write('eve', [add('steps', 1)], `other-${index}`)),
    )
    expect(await listStatValues(services, { titleId, playerId: 'eve' }, call)).toMatchObject([
      { code: 'steps', value: 25 },
    ])
  })

  test('cannot be bypassed by an unlock', async () => {
    const key = {
      titleId,
      playerId: 'fay',
      achievementId: 'kill-10',
      occurredTime: undefined,
      requestId: undefined,
    }
    await expect(
      recordProgress(services, { ...key, report: { kind: 'unlock' } }, call),
    ).rejects.toMatchObject({
      reason: 'REQUIREMENT_FOLLOWS_STAT',
    })
  })
})

test('a stat that an achievement follows cannot be deleted', async () => {
  const remove = deleteStat(services, { titleId, code: 'kills', etag: undefined, requestId: undefined }, call)
  await expect(remove).rejects.toMatchObject({ reason: 'STAT_IN_USE' })
})

test('concurrent reports in any order end at the highest value', async () => {
  const reach = (quantity: bigint) => ({ kind: 'reach', requirementId: 'k', quantity }) as const
  let round = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt({ min: 0n, max: 9n }), { minLength: 1, maxLength: 12 }),
      async (quantities) => {
        round += 1
        const key = {
          titleId,
          playerId: `any-${round}`,
          achievementId: 'free',
          occurredTime: undefined,
          requestId: undefined,
        }
        const results = await Promise.all(
          quantities.map((quantity) => recordProgress(services, { ...key, report: reach(quantity) }, call)),
        )
        const highest = BigInt(Math.max(...quantities.map(Number)))
        const { progress } = await getProgress(services, key, call)
        expect(progress.values['k'] ?? 0n).toBe(highest)
        expect(Math.max(...results.map((result) => result.progress.percent))).toBe(progress.percent)
      },
    ),
    { numRuns: 25 },
  )
})

test('concurrent updates of many players return the same results as each alone', async () => {
  const players = Array.from({ length: 40 }, (_, index) => `crowd-${index}`)
  const add = (playerId: string, value: number, code = 'kills') =>
    recordStats(
      services,
      {
        titleId,
        playerId,
        occurredTime: undefined,
        requestId: undefined,
        updates: [{ code, operation: 'increment', value }],
      },
      call,
    )
  const requests = players.flatMap((player) => [
    add(player, 3),
    add(player, 200).catch((error: unknown) => error),
    add(player, 4),
    add(player, 1, 'nothing').catch((error: unknown) => error),
  ])
  const outcomes = await Promise.all(requests)
  for (const [index, playerId] of players.entries()) {
    expect(outcomes.slice(4 * index, 4 * index + 4)).toMatchObject([
      { values: [{ code: 'kills', value: 3 }] },
      { reason: 'STAT_OUT_OF_BOUNDS' },
      { values: [{ code: 'kills', value: 7 }] },
      { reason: 'STAT_NOT_FOUND' },
    ])
    expect(await listStatValues(services, { titleId, playerId }, call)).toMatchObject([{ value: 7 }])
  }
})
