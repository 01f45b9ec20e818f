import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { instantFromMilliseconds, TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { createJob, deleteJob } from '../../../src/service/migration-jobs/jobs.ts'
import { type Operations, openOperations } from '../../../src/service/operations.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { MAPPING } from '../../support/migration-inputs.ts'
import { createTitleWith } from '../../support/migration-job.ts'
import { type OldSystem, startOldSystem } from '../../support/old-system.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/* A lazy source does not restore progress that an operator has reset or revoked, however late its documents are. */

const ACHIEVEMENTS = [
  achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] }),
  achievementOf({ id: 'wins', requirements: [requirementOf({ target: 100n })] }),
]

let services: TestServices
let operations: Operations
let system: OldSystem
let title: string
let titles = 0
let later = 0

beforeAll(async () => {
  services = await createTestServices({ now: () => instantFromMilliseconds(Date.now() + later) })
  operations = openOperations(services)
  system = await startOldSystem((player) =>
    ACHIEVEMENTS.map(({ id }) => ({ player, achievement: id, percent: 100 })),
  )
})
afterAll(async () => {
  await system.close()
  await services[Symbol.asyncDispose]()
})
beforeEach(async () => {
  titles += 1
  title = `title-${titles}`
  later = 0
  await createTitleWith(services, title, ACHIEVEMENTS)
})
afterEach(() => system.release())

async function lazyJob(milliseconds = 20n, jobId = 'lazy'): Promise<void> {
  const lazySource = { url: system.url, credential: '', timeout: milliseconds * TICKS_PER_MILLISECOND }
  const job = { titleId: title, jobId, deliveriesPerSecond: 0, maxRefusals: 10n, overlap: undefined }
  await createJob(services, { ...job, mapping: MAPPING, lazySource }, callOf())
}

const progressOf = async (playerId: string, achievementId: string) =>
  (await operations.getProgress({ titleId: title, playerId, achievementId }, callOf())).progress
const percentOf = async (playerId: string, achievementId: string) =>
  (await progressOf(playerId, achievementId)).percent
const enforcement = (playerId: string) => ({
  ...{ titleId: title, playerId, achievementId: 'laps', reason: 'cheated', requestId: undefined },
})
const reset = (playerId: string) => operations.resetProgress(enforcement(playerId), callOf())

/** Sends the documents that were held back, and waits until they are imported. */
async function release(count = 1): Promise<void> {
  const { counts } = services.lazyPulls
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
    const request = { titleId: title, playerId: 'bob', achievementId: 'laps', report }
    await operations.recordProgress({ ...request, occurredTime: undefined, requestId: undefined }, callOf())
    expect(await reset('bob')).toEqual({ resetCount: 1 })
    await release()
    expect([await percentOf('bob', 'laps'), await percentOf('bob', 'wins')]).toEqual([0, 100])
  })

  test('which began before the job', async () => {
    await reset('cy')
    await lazyJob(3_000n)
    expect([await percentOf('cy', 'laps'), await percentOf('cy', 'wins')]).toEqual([0, 100])
  })

  test('of a player merged meanwhile', async () => {
    await lazyJob()
    for (const id of ['dan', 'eve'])
      await operations.createPlayer(
        { player: { id, displayName: '', accounts: [] }, requestId: undefined },
        callOf(),
      )
    system.pause()
    await reset('dan')
    await progressOf('eve', 'laps')
    const merge = { playerId: 'eve', absorbedPlayerId: 'dan', reason: 'one person', requestId: undefined }
    await operations.mergePlayers(merge, callOf())
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
  await operations.resetProgress({ ...enforcement('ann'), achievementId: undefined }, callOf())
  await lazyJob(3_000n)
  expect([await percentOf('ann', 'laps'), await percentOf('ann', 'wins')]).toEqual([0, 0])
})

test('a document that arrives after a revocation leaves it revoked', async () => {
  await lazyJob()
  system.pause()
  await operations.grantAchievement(enforcement('ann'), callOf())
  await operations.revokeAchievement(enforcement('ann'), callOf())
  await release()
  expect(await progressOf('ann', 'laps')).toMatchObject({ state: 'achieved', revoked: true })
  expect(await progressOf('ann', 'wins')).toMatchObject({ state: 'achieved', revoked: false })
})

test('a reset is forgotten with its player, and with its title', async () => {
  const stored = () =>
    onDatabase(services.databaseUrl, `select from migration_resets where title_id = '${title}'`)
  const player = { id: 'gus', displayName: '', accounts: [] }
  await operations.createPlayer({ player, requestId: undefined }, callOf())
  await reset('gus')
  await reset('unknown')
  expect(await stored()).toHaveLength(2)
  await operations.deletePlayer({ playerId: 'gus', etag: undefined, requestId: undefined }, callOf())
  expect(await stored()).toHaveLength(1)
  await reset('gus')
  expect(await stored()).toHaveLength(1)
  const deletion = { titleId: title, etag: undefined, force: true, requestId: undefined }
  await operations.deleteTitle(deletion, callOf())
  expect(await stored()).toEqual([])
  await expect(reset('unknown')).rejects.toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  expect(await stored()).toEqual([])
})

test('another job of the title does not restore it', async () => {
  await lazyJob(3_000n)
  await progressOf('hal', 'laps')
  expect(await reset('hal')).toEqual({ resetCount: 1 })
  await deleteJob(services, { titleId: title, jobId: 'lazy' }, callOf())
  await lazyJob(3_000n, 'second')
  expect(await percentOf('hal', 'laps')).toBe(0)
  const pulls = await services.store.read(NEVER_ABORTED, ({ migrationPulls }) =>
    migrationPulls.find({ titleId: title, jobId: 'second', playerId: 'hal' }),
  )
  expect(pulls?.state).toBe('done')
})
