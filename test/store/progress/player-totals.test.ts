import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  resetProgress,
  restoreAchievement,
  revokeAchievement,
} from '../../../src/service/progress/enforcement.ts'
import { getProgress } from '../../../src/service/progress/get-progress.ts'
import { listProgress } from '../../../src/service/progress/list-progress.ts'
import { createPlayedTitle, reach, titleId, unlock } from '../../support/played-title.ts'
import { callOf } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>
let { services, record, summary, events } = {} as typeof played
const call = callOf()

beforeAll(async () => {
  played = await createPlayedTitle()
  ;({ services, record, summary, events } = played)
})
afterAll(() => played[Symbol.asyncDispose]())

describe('enforcement', () => {
  const key = { titleId, playerId: 'kim', achievementId: 'plain', reason: 'cheated', requestId: undefined }

  test('revokes an unlock and restores it with its time', async () => {
    await expect(revokeAchievement(services, key, call)).rejects.toMatchObject({ reason: 'NOT_ACHIEVED' })
    const { progress } = await record('kim', 'plain', unlock)
    const revoked = await revokeAchievement(services, key, callOf('moderator'))
    expect(revoked).toMatchObject({ changed: true, progress: { revoked: true, state: 'achieved' } })
    expect(await summary('kim')).toMatchObject({ unlockedCount: 0, score: 0n, lastUnlockTime: undefined })
    expect(await revokeAchievement(services, key, call)).toMatchObject({ changed: false })
    expect(await record('kim', 'plain', unlock)).toMatchObject({
      alreadyUnlocked: true,
      progress: { revoked: true },
    })
    const restored = await restoreAchievement(services, { ...key, reason: 'appeal' }, callOf('moderator'))
    expect(restored.progress).toEqual({ ...progress, writer: 'moderator' })
    expect(await summary('kim')).toMatchObject({
      unlockedCount: 1,
      score: 10n,
      lastUnlockTime: progress.unlockTime,
    })
    expect((await events('kim')).slice(1)).toEqual([
      { kind: 'revoked', percent: 100, actor: 'moderator', reason: 'cheated' },
      { kind: 'restored', percent: 100, actor: 'moderator', reason: 'appeal' },
    ])
  })

  test('resets one achievement or all, and it can be unlocked again', async () => {
    await record('lea', 'plain', unlock)
    await record('lea', 'counted', reach(5n))
    const reset = (achievementId: string | undefined) =>
      resetProgress(
        services,
        { titleId, playerId: 'lea', achievementId, reason: 'test', requestId: undefined },
        call,
      )
    expect(await reset('plain')).toEqual({ resetCount: 1 })
    expect(await summary('lea')).toMatchObject({ unlockedCount: 0, score: 0n, lastUnlockTime: undefined })
    expect(await record('lea', 'plain', unlock)).toMatchObject({ newlyUnlocked: true })
    expect(await reset(undefined)).toEqual({ resetCount: 2 })
    expect(
      await getProgress(services, { titleId, playerId: 'lea', achievementId: 'counted' }, call),
    ).toMatchObject({
      progress: { state: 'not_started', values: {}, percent: 0 },
    })
    expect((await events('lea')).map(({ kind }) => kind)).toEqual([
      'unlocked',
      'progressed',
      'reset',
      'unlocked',
      'reset',
      'reset',
    ])
  })
})

describe('a list of progress', () => {
  const list = (parts: object) => {
    const all = { pageSize: undefined, pageToken: undefined, view: 'full', states: [] } as const
    return listProgress(services, { titleId, playerId: 'mia', ...all, ...parts }, call)
  }

  test('contains locked achievements, and redacts hidden ones in the player view until unlocked', async () => {
    await record('mia', 'plain', unlock)
    const full = await list({})
    expect(full.items.map(({ achievement, progress }) => [achievement.id, progress.state])).toEqual([
      ['plain', 'achieved'],
      ['counted', 'not_started'],
      ['hidden', 'not_started'],
    ])
    expect(full.items[2]?.achievement.name.text).toBe('hidden')
    const seen = (await list({ view: 'player' })).items[2]?.achievement
    expect(seen).toMatchObject({
      id: 'hidden',
      hidden: true,
      name: { text: '' },
      description: { text: '' },
      tags: [],
      rewards: [],
    })
    await record('mia', 'hidden', unlock)
    expect((await list({ view: 'player' })).items[2]?.achievement.name.text).toBe('hidden')
  })

  test('is paged and filtered by state', async () => {
    const first = await list({ pageSize: 2 })
    const rest = await list({ pageSize: 2, pageToken: first.nextPageToken })
    expect([...first.items, ...rest.items].map(({ achievement }) => achievement.id)).toEqual([
      'plain',
      'counted',
      'hidden',
    ])
    const locked = await list({ states: ['not_started'] })
    expect(locked.items.map(({ achievement }) => achievement.id)).toEqual(['counted'])
    await expect(list({ titleId: 'nowhere' })).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })
})
