import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { deleteJob } from '../../../src/service/migration-jobs/jobs.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { useLazyTitles } from '../../support/lazy-titles.ts'
import { type OldSystem, startOldSystem } from '../../support/old-system.ts'
import { callOf } from '../../support/services.ts'

/* A lazy source does not restore progress that an operator has reset or revoked, however late its documents are. */

const ACHIEVEMENTS = ['laps', 'wins']
const titles = useLazyTitles(...ACHIEVEMENTS)
let system: OldSystem

beforeAll(async () => {
  system = await startOldSystem((player) =>
    ACHIEVEMENTS.map((achievement) => ({ player, achievement, percent: 100 })),
  )
})
afterAll(() => system.close())
afterEach(() => system.release())

const lazyJob = (milliseconds = 20n, jobId = 'lazy') =>
  titles.createJob({ url: system.url, timeout: milliseconds * TICKS_PER_MILLISECOND }, { jobId })

const progressOf = async (playerId: string, achievementId: string) =>
  (await titles.operations.getProgress({ titleId: titles.titleId, playerId, achievementId }, callOf()))
    .progress
const percentOf = async (playerId: string, achievementId: string) =>
  (await progressOf(playerId, achievementId)).percent
const enforcement = (playerId: string) => ({
  titleId: titles.titleId,
  playerId,
  achievementId: 'laps',
  reason: 'cheated',
  requestId: undefined,
})
const reset = (playerId: string) => titles.operations.resetProgress(enforcement(playerId), callOf())

/** Sends the documents that were held back, and waits until they are imported. */
async function release(count = 1): Promise<void> {
  const { counts } = titles.services.lazyPulls
  const before = counts.pulled
  system.release()
  await expect.poll(() => counts.pulled).toBe(before + count)
}

describe('a document that arrives after a reset of one achievement brings back the others alone', () => {
  test('of a player without progress', async () => {
    await lazyJob()
    system.pause()
    expect(await reset('ann')).toEqual({ resetCount: 0 })
    await release()
    expect([await percentOf('ann', 'laps'), await percentOf('ann', 'wins')]).toEqual([0, 100])
  })

  test('of a player with reports', async () => {
    await lazyJob()
    system.pause()
    const report = { kind: 'percent', percent: 7 } as const
    const request = { titleId: titles.titleId, playerId: 'bob', achievementId: 'laps', report }
    await titles.operations.recordProgress(
      { ...request, occurredTime: undefined, requestId: undefined },
      callOf(),
    )
    expect(await reset('bob')).toEqual({ resetCount: 1 })
    await release()
    expect([await percentOf('bob', 'laps'), await percentOf('bob', 'wins')]).toEqual([0, 100])
  })

  test('which began before the job', async () => {
    await reset('cy')
    await lazyJob(5_000n)
    expect([await percentOf('cy', 'laps'), await percentOf('cy', 'wins')]).toEqual([0, 100])
  })

  test('of a player merged meanwhile', async () => {
    await lazyJob()
    for (const id of ['dan', 'eve'])
      await titles.operations.createPlayer(
        { player: { id, displayName: '', accounts: [] }, requestId: undefined },
        callOf(),
      )
    system.pause()
    await reset('dan')
    await progressOf('eve', 'laps')
    const merge = { playerId: 'eve', absorbedPlayerId: 'dan', reason: 'one person', requestId: undefined }
    await titles.operations.mergePlayers(merge, callOf())
    await release(2)
    expect([await percentOf('eve', 'laps'), await percentOf('eve', 'wins')]).toEqual([0, 100])
  })

  test('which waits for a document that is being written', async () => {
    await lazyJob()
    system.pause()
    await progressOf('flo', 'laps')
    // The document is written while the reset runs, in each order that chance gives.
    const [, { resetCount }] = await Promise.all([release(), reset('flo')])
    expect(resetCount).toBeLessThanOrEqual(1)
    expect([await percentOf('flo', 'laps'), await percentOf('flo', 'wins')]).toEqual([0, 100])
  })
})

test('a reset of all progress before the job leaves nothing to bring back', async () => {
  await titles.operations.resetProgress({ ...enforcement('ann'), achievementId: undefined }, callOf())
  await lazyJob(5_000n)
  expect([await percentOf('ann', 'laps'), await percentOf('ann', 'wins')]).toEqual([0, 0])
})

test('a document that arrives after a revocation leaves it revoked', async () => {
  await lazyJob()
  system.pause()
  await titles.operations.grantAchievement(enforcement('ann'), callOf())
  await titles.operations.revokeAchievement(enforcement('ann'), callOf())
  await release()
  expect(await progressOf('ann', 'laps')).toMatchObject({ state: 'achieved', revoked: true })
  expect(await progressOf('ann', 'wins')).toMatchObject({ state: 'achieved', revoked: false })
})

test('a reset is forgotten with its player, and with its title', async () => {
  const stored = () =>
    onDatabase(
      titles.services.databaseUrl,
      `select from migration_resets where title_id = '${titles.titleId}'`,
    )
  const player = { id: 'gus', displayName: '', accounts: [] }
  await titles.operations.createPlayer({ player, requestId: undefined }, callOf())
  await reset('gus')
  await reset('unknown')
  expect(await stored()).toHaveLength(2)
  await titles.operations.deletePlayer({ playerId: 'gus', etag: undefined, requestId: undefined }, callOf())
  expect(await stored()).toHaveLength(1)
  await reset('gus')
  expect(await stored()).toHaveLength(1)
  const deletion = { titleId: titles.titleId, etag: undefined, force: true, requestId: undefined }
  await titles.operations.deleteTitle(deletion, callOf())
  expect(await stored()).toEqual([])
  await expect(reset('unknown')).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  expect(await stored()).toEqual([])
})

test('another job of the title does not restore it', async () => {
  await lazyJob(5_000n)
  await progressOf('hal', 'laps')
  expect(await reset('hal')).toEqual({ resetCount: 1 })
  await deleteJob(titles.services, { titleId: titles.titleId, jobId: 'lazy' }, callOf())
  await lazyJob(5_000n, 'second')
  expect(await percentOf('hal', 'laps')).toBe(0)
  const pulls = await titles.services.store.read(NEVER_ABORTED, ({ migrationPulls }) =>
    migrationPulls.find({ titleId: titles.titleId, jobId: 'second', playerId: 'hal' }),
  )
  expect(pulls?.state).toBe('done')
})
