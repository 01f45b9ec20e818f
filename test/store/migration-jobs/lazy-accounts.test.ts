import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { MigrationMapping } from '../../../src/model/migration-mapping.ts'
import { dialects } from '../../../src/registry.ts'
import { finishJob, getJob, listRefusals, resumeJob } from '../../../src/service/migration-jobs/jobs.ts'
import { playerNamedAfter } from '../../../src/service/players/accounts.ts'
import { useLazyTitles } from '../../support/lazy-titles.ts'
import { type OldSystem, startOldSystem } from '../../support/old-system.ts'
import { callOf } from '../../support/services.ts'

/* Lazy sources that name players by accounts, and the counts of refused records. */

const [DIALECT = ''] = dialects.keys()
const ACCOUNT = '1234567890123456'
const account = { dialect: DIALECT, id: ACCOUNT }

const titles = useLazyTitles('laps')
let system: OldSystem
let records: readonly object[]

beforeAll(async () => {
  system = await startOldSystem(() => records)
})
afterAll(() => system.close())
beforeEach(() => {
  records = [{ player: ACCOUNT, achievement: 'laps', percent: 40 }]
})

const KNOWS_ACCOUNTS = { player: { field: 'player', dialect: DIALECT, usesIdentities: false } }
const NAMES_PLAYERS = {}

const lazyJob = (mapping: Partial<MigrationMapping>, placeholder: string, maxRefusals?: bigint) =>
  titles.createJob({ url: system.url.replace('{player}', placeholder) }, { mapping, maxRefusals })

const percentOf = async (playerId: string) =>
  (
    await titles.operations.getProgress(
      { titleId: titles.titleId, playerId, achievementId: 'laps' },
      callOf(),
    )
  ).progress.percent
const create = (id: string, accounts: readonly (typeof account)[] = []) =>
  titles.operations.createPlayer(
    { player: { id, displayName: '', accounts }, requestId: undefined },
    callOf(),
  )
const unlink = (playerId: string) =>
  titles.operations.unlinkAccount({ playerId, account, requestId: undefined }, callOf())

const LINKS: Readonly<Record<string, (playerId: string) => Promise<unknown>>> = {
  'links an account': async (playerId) => {
    await create(playerId)
    await titles.operations.linkAccount({ playerId, account, requestId: undefined }, callOf())
  },
  'is created with an account': (playerId) => create(playerId, [account]),
  'absorbs a player with an account': async (playerId) => {
    await create(playerId)
    await create(`${playerId}-other`, [account])
    const merge = { playerId, absorbedPlayerId: `${playerId}-other`, reason: 'x', requestId: undefined }
    await titles.operations.mergePlayers(merge, callOf())
  },
}

test.each(
  Object.keys(LINKS).flatMap((name, index) =>
    ['{account}', '{player}'].map((placeholder) => [name, placeholder, `p${index}${placeholder.length}`]),
  ),
)('a player who %s after the first call is read at once by %s', async (name, placeholder, playerId) => {
  await lazyJob(KNOWS_ACCOUNTS, placeholder)
  const asked = system.paths.length
  await percentOf(playerId)
  expect(system.paths).toHaveLength(asked)
  await LINKS[name]?.(playerId)
  // Without another call of the player.
  await titles.services.lazyPulls.retryDue()
  expect(await titles.storedPercent(playerId)).toBe(40)
  await unlink(playerId)
})

test('the first call after a link has the progress, though the server found no account before', async () => {
  await lazyJob(KNOWS_ACCOUNTS, '{account}')
  await create('ann')
  expect(await percentOf('ann')).toBe(0)
  await titles.operations.linkAccount({ playerId: 'ann', account, requestId: undefined }, callOf())
  await expect.poll(() => percentOf('ann')).toBe(40)
  await unlink('ann')
})

test('a player named after an account is read by it on the first call', async () => {
  await lazyJob(KNOWS_ACCOUNTS, '{account}')
  const playerId = playerNamedAfter(account)
  expect(await percentOf(playerId)).toBe(40)
  await unlink(playerId)
})

test('an account that is linked while a server finds none is not missed', async () => {
  await lazyJob(KNOWS_ACCOUNTS, '{account}')
  const ids = Array.from({ length: 20 }, (_, index) => `racer-${index}`)
  for (const id of ids) {
    await create(id)
    await Promise.all([
      percentOf(id),
      titles.operations.linkAccount({ playerId: id, account, requestId: undefined }, callOf()),
    ])
    await titles.services.lazyPulls.retryDue()
    expect([id, await titles.storedPercent(id)]).toEqual([id, 40])
    await unlink(id)
  }
})

test('refusals and conflicts of players’ documents are counted with those of the job, which finishes with refusals', async () => {
  const key = await lazyJob(NAMES_PLAYERS, '{player}')
  const report = { kind: 'percent', percent: 90 } as const
  records = []
  await percentOf('bob')
  const { counts } = (await getJob(titles.services, key, callOf())).job
  expect(counts).toMatchObject({ refused: 0n, conflicts: 0n })
  // Another source of the same player.
  const second = { ...key, jobId: 'lazy' }
  records = [
    { player: 'cy', achievement: 'laps', percent: 40 },
    { player: 'eve', achievement: 'laps', percent: 40 },
    { player: 'cy', achievement: 'nowhere', percent: 40 },
    { player: 'cy', achievement: 'laps', percent: 400 },
  ]
  system.refuse(500, {})
  const request = { titleId: titles.titleId, playerId: 'cy', achievementId: 'laps', report }
  await titles.operations.recordProgress(
    { ...request, occurredTime: undefined, requestId: undefined },
    callOf(),
  )
  system.accept()
  titles.later = 10_000
  await titles.services.lazyPulls.retryDue()
  const { job } = await getJob(titles.services, second, callOf())
  expect(job.counts).toMatchObject({ refused: 3n, conflicts: 1n, records: 0n })
  const page = { ...key, pageSize: undefined, pageToken: undefined }
  expect((await listRefusals(titles.services, page, callOf())).items).toHaveLength(3)
  expect(await finishJob(titles.services, key, callOf())).toMatchObject({ state: 'succeeded_with_refusals' })
})

test('a lazy source whose records are refused pauses the job once, beyond its limit', async () => {
  const key = await lazyJob(NAMES_PLAYERS, '{player}', 2n)
  const states: string[] = []
  records = [{ player: 'other', achievement: 'laps', percent: 40 }]
  for (const player of ['p1', 'p2', 'p3', 'p4', 'p5']) {
    await percentOf(player)
    const { job } = await getJob(titles.services, key, callOf())
    states.push(`${job.state} ${job.counts.refused}`)
    if (job.state === 'paused') await resumeJob(titles.services, key, callOf())
  }
  expect(states).toEqual(['running 1', 'running 2', 'paused 3', 'running 4', 'running 5'])
})
