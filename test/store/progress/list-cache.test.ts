import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAchievement } from '../../../src/service/achievements/create-achievement.ts'
import { deleteAchievement } from '../../../src/service/achievements/delete-achievement.ts'
import {
  reorderAchievement,
  updateAchievement,
} from '../../../src/service/achievements/update-achievement.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import {
  resetProgress,
  restoreAchievement,
  revokeAchievement,
} from '../../../src/service/progress/enforcement.ts'
import { type ListProgress, listProgress } from '../../../src/service/progress/list-progress.ts'
import { ProgressPages } from '../../../src/service/progress/progress-pages.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import type { Services } from '../../../src/service/services.ts'
import { createPlayedTitle, titleId } from '../../support/played-title.ts'
import { achievementOf } from '../../support/records.ts'
import { callOf, progressWriterOf } from '../../support/services.ts'

let played: Awaited<ReturnType<typeof createPlayedTitle>>
let services: Services
/** Another process, with caches of its own. */
let others: Services
const call = callOf()

beforeAll(async () => {
  played = await createPlayedTitle()
  services = played.services
  others = {
    ...services,
    progressPages: new ProgressPages(services.store, services.definitions),
    progressWriter: progressWriterOf(services),
  }
})
afterAll(() => played[Symbol.asyncDispose]())

const base = { titleId, playerId: 'ida', pageSize: undefined, pageToken: undefined }
const LISTS: readonly ListProgress[] = [
  { ...base, view: 'full', states: [] },
  { ...base, view: 'player', states: [] },
  { ...base, view: 'full', states: ['achieved', 'in_progress'] },
  { ...base, view: 'full', states: [], pageSize: 2 },
  { ...base, view: 'full', states: [], playerId: 'nobody' },
]

const key = { titleId, playerId: 'ida', achievementId: 'plain', requestId: undefined }
const unlock = { ...key, report: { kind: 'unlock' as const }, occurredTime: undefined }
const enforced = { ...key, reason: 'test' }
const definition = { titleId, achievementId: 'plain', etag: undefined, requestId: undefined }
const later = achievementOf({ id: 'later', hidden: true })

/** Changes that a list shows, and some that it does not; each by a process without the cached list. */
const CHANGES: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['nothing', async () => {}],
  ['an unlock', () => recordProgress(others, unlock, call)],
  ['a retry', () => recordProgress(others, unlock, call)],
  ['a revocation', () => revokeAchievement(others, enforced, call)],
  ['a restoration', () => restoreAchievement(others, enforced, call)],
  [
    'a new name',
    () => updateAchievement(others, { ...definition, patch: { hidden: true, tags: ['x'] } }, call),
  ],
  ['one more', () => createAchievement(others, { titleId, achievement: later, requestId: undefined }, call)],
  [
    'another order',
    () => reorderAchievement(others, { ...definition, achievementId: 'later', listOrder: 1 }, call),
  ],
  ['one less', () => deleteAchievement(others, { ...definition, achievementId: 'later', force: true }, call)],
  ['a reset', () => resetProgress(others, enforced, call)],
  [
    'a player less',
    () => deletePlayer(others, { playerId: 'ida', etag: undefined, requestId: undefined }, call),
  ],
  [
    'a player again',
    async () => {
      const player = { id: 'ida', displayName: '', accounts: [] }
      await createPlayer(others, { player, requestId: undefined }, call)
      await recordProgress(others, unlock, call)
    },
  ],
]

test.each(CHANGES)('a cached list is current after %s', async (_, change) => {
  await Promise.all(LISTS.map((list) => listProgress(services, list, call)))
  await change()
  for (const list of LISTS) {
    const fresh = { ...services, store: { ...services.store } }
    expect(await listProgress(services, list, call)).toEqual(await listProgress(fresh, list, call))
  }
})

test('returns the same object until the list changes', async () => {
  const [list] = LISTS as [ListProgress]
  const first = await listProgress(services, list, call)
  expect(await listProgress(services, list, call)).toBe(first)
  await recordProgress(others, { ...unlock, achievementId: 'counted' }, call)
  expect(await listProgress(services, list, call)).not.toBe(first)
})

test('caches no pages after long forged tokens, and few after short ones', async () => {
  const { cache } = services.progressPages
  cache.clear()
  const { nextPageToken = '' } = await listProgress(
    services,
    { ...base, view: 'full', states: [], pageSize: 1 },
    call,
  )
  const head = Buffer.from(nextPageToken, 'base64url').subarray(0, 16)
  const forged = (bytes: number) => Buffer.concat([head, randomBytes(bytes)]).toString('base64url')
  const list = (pageToken: string) =>
    listProgress(services, { ...base, view: 'full', states: [], pageSize: 1, pageToken }, call)
  const sizes = async (token: string) => {
    const before = [cache.size, cache.calculatedSize] as const
    await list(token)
    return [cache.size - before[0], cache.calculatedSize - before[1]]
  }
  expect((await list(forged(100_000))).items).toHaveLength(1)
  expect(await sizes(forged(400_000))).toEqual([0, 0])
  expect(await sizes(forged(1000))).toEqual([0, 0])
  const [count, size = 0] = await sizes(forged(800))
  expect(count).toBe(1)
  expect(size).toBeGreaterThan(4)
})

test('returns each of several concurrent lists to its caller', async () => {
  const players = ['ida', 'nobody', 'kim', 'lea', 'max']
  for (const playerId of players.slice(2)) await recordProgress(others, { ...unlock, playerId }, call)
  const asked = Array.from({ length: 100 }, (_, index) => ({
    ...LISTS[index % 4],
    playerId: players[index % 5],
    pageSize: (index % 3) + 1,
  })) as ListProgress[]
  const fresh = { ...services, store: { ...services.store } }
  const together = await Promise.all(asked.map((list) => listProgress(fresh, list, call)))
  for (const [index, list] of asked.entries()) {
    const alone = { ...services, store: { ...services.store } }
    expect(together[index]).toEqual(await listProgress(alone, list, call))
  }
})
