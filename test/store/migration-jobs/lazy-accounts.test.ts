import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { instantFromMilliseconds, TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import type { MigrationMapping } from '../../../src/model/migration-mapping.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { dialects } from '../../../src/registry.ts'
import {
  createJob,
  finishJob,
  getJob,
  listRefusals,
  resumeJob,
} from '../../../src/service/migration-jobs/jobs.ts'
import { type Operations, openOperations } from '../../../src/service/operations.ts'
import { playerNamedAfter } from '../../../src/service/players/accounts.ts'
import { MAPPING } from '../../support/migration-inputs.ts'
import { createTitleWith } from '../../support/migration-job.ts'
import { type OldSystem, startOldSystem } from '../../support/old-system.ts'
import { achievementOf, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

/* Lazy sources that name players by accounts, and the counts of refused records. */

const [DIALECT = ''] = dialects.keys()
const ACCOUNT = '1234567890123456'
const account = { dialect: DIALECT, id: ACCOUNT }

let services: TestServices
let operations: Operations
let system: OldSystem
let records: readonly object[]
let title: string
let titles = 0
let later = 0

beforeAll(async () => {
  services = await createTestServices({ now: () => instantFromMilliseconds(Date.now() + later) })
  operations = openOperations(services)
  system = await startOldSystem(() => records)
})
afterAll(async () => {
  await system.close()
  await services[Symbol.asyncDispose]()
})
beforeEach(async () => {
  titles += 1
  title = `title-${titles}`
  later = 0
  records = [{ player: ACCOUNT, achievement: 'laps', percent: 40 }]
  await createTitleWith(services, title, [
    achievementOf({ id: 'laps', requirements: [requirementOf({ target: 100n })] }),
  ])
})

const KNOWS_ACCOUNTS = { player: { field: 'player', dialect: DIALECT, usesIdentities: false } }
const NAMES_PLAYERS = {}

async function lazyJob(mapping: Partial<MigrationMapping>, placeholder: string, maxRefusals = 10n) {
  const url = system.url.replace('{player}', placeholder)
  const lazySource = { url, credential: '', timeout: 3_000n * TICKS_PER_MILLISECOND }
  const job = { titleId: title, jobId: 'lazy', deliveriesPerSecond: 0, maxRefusals, overlap: undefined }
  await createJob(services, { ...job, mapping: { ...MAPPING, ...mapping }, lazySource }, callOf())
  return { titleId: title, jobId: 'lazy' }
}

const percentOf = async (playerId: string) =>
  (await operations.getProgress({ titleId: title, playerId, achievementId: 'laps' }, callOf())).progress
    .percent
async function storedPercent(playerId: string) {
  const key = { titleId: title, playerId, achievementId: 'laps' }
  const [record] = await services.store.read(NEVER_ABORTED, (queries) => queries.progress.listAt([key]))
  return record?.progress.percent
}
const create = (id: string, accounts: readonly (typeof account)[] = []) =>
  operations.createPlayer({ player: { id, displayName: '', accounts }, requestId: undefined }, callOf())
const unlink = (playerId: string) =>
  operations.unlinkAccount({ playerId, account, requestId: undefined }, callOf())

const LINKS: Readonly<Record<string, (playerId: string) => Promise<unknown>>> = {
  'links an account': async (playerId) => {
    await create(playerId)
    await operations.linkAccount({ playerId, account, requestId: undefined }, callOf())
  },
  'is created with an account': (playerId) => create(playerId, [account]),
  'absorbs a player with an account': async (playerId) => {
    await create(playerId)
    await create(`${playerId}-other`, [account])
    const merge = { playerId, absorbedPlayerId: `${playerId}-other`, reason: 'x', requestId: undefined }
    await operations.mergePlayers(merge, callOf())
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
  await services.lazyPulls.retryDue()
  expect(await storedPercent(playerId)).toBe(40)
  await unlink(playerId)
})

test('the first call after a link has the progress, though the server found no account before', async () => {
  await lazyJob(KNOWS_ACCOUNTS, '{account}')
  await create('ann')
  expect(await percentOf('ann')).toBe(0)
  await operations.linkAccount({ playerId: 'ann', account, requestId: undefined }, callOf())
  await expect.poll(() => percentOf('ann'), { timeout: 5_000 }).toBe(40)
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
      operations.linkAccount({ playerId: id, account, requestId: undefined }, callOf()),
    ])
    await services.lazyPulls.retryDue()
    expect([id, await storedPercent(id)]).toEqual([id, 40])
    await unlink(id)
  }
})

test('refusals and conflicts of players’ documents are counted with those of the job, which finishes with refusals', async () => {
  const key = await lazyJob(NAMES_PLAYERS, '{player}')
  const report = { kind: 'percent', percent: 90 } as const
  records = []
  await percentOf('bob')
  const { counts } = (await getJob(services, key, callOf())).job
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
  const request = { titleId: title, playerId: 'cy', achievementId: 'laps', report }
  await operations.recordProgress({ ...request, occurredTime: undefined, requestId: undefined }, callOf())
  system.accept()
  later = 10_000
  await services.lazyPulls.retryDue()
  const { job } = await getJob(services, second, callOf())
  expect(job.counts).toMatchObject({ refused: 3n, conflicts: 1n, records: 0n })
  const page = { ...key, pageSize: undefined, pageToken: undefined }
  expect((await listRefusals(services, page, callOf())).items).toHaveLength(3)
  expect(await finishJob(services, key, callOf())).toMatchObject({ state: 'succeeded_with_refusals' })
})

test('a lazy source whose records are refused pauses the job once, beyond its limit', async () => {
  const key = await lazyJob(NAMES_PLAYERS, '{player}', 2n)
  const states: string[] = []
  records = [{ player: 'other', achievement: 'laps', percent: 40 }]
  for (const player of ['p1', 'p2', 'p3', 'p4', 'p5']) {
    await percentOf(player)
    const { job } = await getJob(services, key, callOf())
    states.push(`${job.state} ${job.counts.refused}`)
    if (job.state === 'paused') await resumeJob(services, key, callOf())
  }
  expect(states).toEqual(['running 1', 'running 2', 'paused 3', 'running 4', 'running 5'])
})
