import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { deleteJob } from '../../../src/service/migration-jobs/jobs.ts'
import { rollbackJob } from '../../../src/service/migration-jobs/rollback-job.ts'
import { type Operations, openOperations } from '../../../src/service/operations.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { useLazyTitles } from '../../support/lazy-titles.ts'
import { countLockWaits } from '../../support/lock-waits.ts'
import { type OldSystem, startOldSystem } from '../../support/old-system.ts'
import { callOf, servicesOn } from '../../support/services.ts'

/* Other calls change the player, or the job, while a player's document is on its way, and after it was refused. */

const TABLES = ['migration_pulls', 'progress', 'player_titles', 'players', 'migration_conflicts']

const titles = useLazyTitles('laps')
let system: OldSystem

beforeEach(async () => {
  system = await startOldSystem()
})
afterEach(() => system.close())

const lazyJob = (milliseconds = 5_000n) =>
  titles.createJob({ url: system.url, timeout: milliseconds * TICKS_PER_MILLISECOND })

const progressOf = (playerId: string, by: Operations = titles.operations) =>
  by.getProgress({ titleId: titles.titleId, playerId, achievementId: 'laps' }, callOf())

/** Begins a pull of the player, which has sent its request when this returns. */
async function beginPull(playerId: string): Promise<() => Promise<void>> {
  system.pause()
  await progressOf(playerId)
  await expect.poll(() => system.paths.length).toBeGreaterThan(0)
  return async () => {
    const ended = endedPulls()
    system.release()
    await expect.poll(endedPulls).toBe(ended + 1)
  }
}

function endedPulls(): number {
  const { pulled, failed } = titles.services.lazyPulls.counts
  return pulled + failed
}

const rowsOf = async (table: string, playerId: string) =>
  onDatabase(
    titles.services.databaseUrl,
    `select * from ${table} where ${table === 'players' ? 'id' : 'player_id'} = '${playerId}'`,
  )
const waitingStatements = () => countLockWaits(titles.services.databaseUrl)
const refusals = () =>
  onDatabase(
    titles.services.databaseUrl,
    `select * from migration_refusals where title_id = '${titles.titleId}'`,
  )

async function createPlayer(playerId: string): Promise<void> {
  await titles.operations.createPlayer(
    { player: { id: playerId, displayName: '', accounts: [] }, requestId: undefined },
    callOf(),
  )
}
const deletePlayer = (playerId: string) =>
  titles.operations.deletePlayer({ playerId, etag: undefined, requestId: undefined }, callOf())
const reset = (playerId: string) =>
  titles.operations.resetProgress(
    { titleId: titles.titleId, playerId, achievementId: undefined, reason: 'x', requestId: undefined },
    callOf(),
  )

test('a deleted player is not asked for again, and leaves no row', async () => {
  await lazyJob()
  await progressOf('gone-1')
  expect(await refusals()).toHaveLength(1)
  await deletePlayer('gone-1')
  const other = servicesOn(titles.services.store, { now: titles.services.now })
  await other.lazyPulls.refresh()
  await progressOf('gone-1', openOperations(other))
  expect(system.paths).toEqual(['/gone-1'])
  for (const table of TABLES) expect(await rowsOf(table, 'gone-1')).toEqual([])
  expect(await refusals()).toEqual([])
})

test('a player deleted while its document is read leaves no row', async () => {
  await lazyJob(20n)
  await createPlayer('gone-2')
  const end = await beginPull('gone-2')
  await deletePlayer('gone-2')
  await end()
  for (const table of TABLES) expect(await rowsOf(table, 'gone-2')).toEqual([])
  expect(await refusals()).toEqual([])
})

test('a document that arrives after another server has read the player changes nothing', async () => {
  await lazyJob(20n)
  const end = await beginPull('slow')
  titles.later = 120_000
  const other = servicesOn(titles.services.store, { now: titles.services.now })
  await other.lazyPulls.refresh()
  const pull = other.lazyPulls.retryDue()
  await expect.poll(() => system.paths.length).toBe(2)
  // The other server's claim is the valid one: of two documents that arrive at the same time, its own is imported.
  await end()
  await pull
  expect((await progressOf('slow')).progress.percent).toBe(40)
  const events = `select kind from events where player_id = 'slow' and title_id = '${titles.titleId}'`
  expect(await onDatabase(titles.services.databaseUrl, events)).toHaveLength(1)
})

test('a document whose claim has ended does not undo a reset', async () => {
  const key = await lazyJob(20n)
  const end = await beginPull('reset')
  titles.later = 120_000
  const pull = { ...key, playerId: 'reset' }
  // Another server reads the player meanwhile, and finds nothing.
  await titles.services.store.write(NEVER_ABORTED, async ({ migrationPulls }) => {
    const claim = await migrationPulls.claim(pull, titles.services.now(), titles.services.now() + 1n)
    if (claim !== undefined)
      await migrationPulls.update(claim, { state: 'done', attempts: 0, nextTime: titles.services.now() })
  })
  await createPlayer('reset')
  await reset('reset')
  await end()
  expect((await progressOf('reset')).progress.state).toBe('not_started')
})

test('a document that arrives after a reset of all progress changes nothing', async () => {
  await lazyJob(20n)
  const end = await beginPull('early')
  expect(await reset('early')).toEqual({ resetCount: 0 })
  await end()
  titles.later = 120_000
  await titles.services.lazyPulls.retryDue()
  expect((await progressOf('early')).progress.state).toBe('not_started')
  expect(system.paths).toEqual(['/early'])
})

test('a rollback leaves nothing of a document that is being written', async () => {
  const key = await lazyJob(20n)
  const end = await beginPull('late')
  const blocker = new pg.Client({ connectionString: titles.services.databaseUrl })
  await blocker.connect()
  try {
    await blocker.query('begin')
    await blocker.query('select from achievements where title_id = $1 for update', [titles.titleId])
    const ended = end()
    await expect.poll(waitingStatements).toBe(1)
    const rolledBack = Array.fromAsync(rollbackJob(titles.services, { ...key, reason: 'x' }, callOf()))
    const isOver = rolledBack.then(() => 'over')
    await expect.poll(async () => Promise.race([isOver, waitingStatements()])).not.toBe(1)
    await blocker.query('commit')
    await Promise.all([ended, rolledBack])
  } finally {
    await blocker.end()
  }
  expect((await progressOf('late')).progress.state).toBe('not_started')
})

test('a job that is deleted while a document is on its way leaves nothing, and another one of its id reads the players', async () => {
  await deleteJob(titles.services, await lazyJob(20n), callOf()).then(() => lazyJob(20n))
  const end = await beginPull('again')
  await deleteJob(titles.services, { titleId: titles.titleId, jobId: 'lazy' }, callOf())
  await end()
  for (const table of ['progress', 'migration_pulls']) expect(await rowsOf(table, 'again')).toEqual([])
  await lazyJob()
  expect((await progressOf('again')).progress.percent).toBe(40)
})

test('a job of the id of a deleted one reads the players who were read by that', async () => {
  const key = await lazyJob()
  await progressOf('twice')
  await deleteJob(titles.services, key, callOf())
  await lazyJob()
  await progressOf('twice')
  expect(system.paths).toEqual(['/twice', '/twice'])
})

test('a new title with the id of a deleted one reads its players again', async () => {
  await lazyJob()
  await progressOf('moved')
  await titles.operations.deleteTitle(
    { titleId: titles.titleId, etag: undefined, force: true, requestId: undefined },
    callOf(),
  )
  const of = (table: string) =>
    onDatabase(titles.services.databaseUrl, `select from ${table} where title_id = '${titles.titleId}'`)
  for (const table of ['migration_jobs', 'migration_pulls', 'migration_undo', 'migration_conflicts'])
    expect(await of(table)).toEqual([])
  await titles.create()
  await lazyJob()
  expect((await progressOf('moved')).progress.percent).toBe(40)
})

test('a server that has not learnt of a deletion claims no player', async () => {
  const other = servicesOn(titles.services.store, { now: titles.services.now })
  const key = await lazyJob()
  await other.lazyPulls.refresh()
  await deleteJob(titles.services, key, callOf())
  await progressOf('unaware', openOperations(other))
  expect(system.paths).toEqual([])
  expect(await rowsOf('migration_pulls', 'unaware')).toEqual([])
})

test('calls do not wait for a system that asks for an hour of patience', async () => {
  system.refuse(429, { 'retry-after': '3600' })
  await lazyJob(5_000n)
  await progressOf('p1')
  const late = titles.services.lazyPulls.counts.late
  for (const player of ['p1', 'p2', 'p3']) await progressOf(player)
  expect(titles.services.lazyPulls.counts.late).toBe(late)
  expect(system.paths).toEqual(['/p1'])
})
