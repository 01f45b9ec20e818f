import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { updateAchievement } from '../../../src/service/achievements/update-achievement.ts'
import { feedIdentities } from '../../../src/service/migration-jobs/feed-identities.ts'
import { feedJob } from '../../../src/service/migration-jobs/feed-job.ts'
import {
  finishJob,
  getJob,
  listConflicts,
  listRefusals,
  pauseJob,
  resumeJob,
} from '../../../src/service/migration-jobs/jobs.ts'
import { deletePlayer } from '../../../src/service/players/players.ts'
import { listProgress } from '../../../src/service/progress/list-progress.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { CODED } from '../../support/documents.ts'
import { createTestJob, createTitleWith, feedText, linesOf } from '../../support/migration-job.ts'
import { achievementOf, gamerscore, requirementOf } from '../../support/records.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const FIRST = { pageSize: undefined, pageToken: undefined }

let services: TestServices
beforeAll(async () => {
  services = await createTestServices()
})
afterAll(() => services[Symbol.asyncDispose]())

const report = (titleId: string, playerId: string, achievementId: string, percent: number) =>
  recordProgress(
    services,
    {
      titleId,
      playerId,
      achievementId,
      report: { kind: 'percent', percent },
      occurredTime: undefined,
      requestId: undefined,
    },
    callOf(),
  )

const progressOf = (titleId: string, playerId: string, achievementId: string) =>
  services.store.read(NEVER_ABORTED, async (queries) => {
    const [record] = await queries.progress.listAt([{ titleId, playerId, achievementId }])
    return record?.progress
  })

const eventsOf = (titleId: string) =>
  services.store.read(NEVER_ABORTED, (queries) => queries.events.listOfTitle(titleId, 0n, 10n ** 15n, 1_000))

const laps = achievementOf({
  id: 'laps',
  requirements: [requirementOf({ target: 100n })],
  rewards: gamerscore(5),
})
const win = achievementOf({ id: 'win', rewards: gamerscore(10) })

describe('feeding a migration job', () => {
  test('writes the progress of new players, with totals, and refuses records that cannot be imported', async () => {
    await createTitleWith(services, 'new', [laps, win, achievementOf({ id: 'plan', lifecycle: 'draft' })])
    const key = await createTestJob(services, 'new', 'job')
    const rows = [
      { player: 'ann', achievement: 'laps', percent: 100, time: '2020-01-02T03:04:05.1234567Z' },
      { player: 'ann', achievement: 'win', percent: 40 },
      { player: 'bob', achievement: 'laps', percent: 29 },
      { player: 'bob', achievement: 'nowhere', percent: 29 },
      { player: 'bob', achievement: 'plan', percent: 29 },
      { player: 'bob', achievement: 'win', percent: 101 },
    ]
    const { job } = await feedText(services, key, linesOf(rows))
    expect(job.counts).toMatchObject({ records: 6n, new: 3n, changed: 0n, refused: 3n, parts: 1n })
    const { items } = await listRefusals(services, { ...key, ...FIRST }, callOf())
    expect(items.map(({ record }) => JSON.parse(record))).toEqual(rows.slice(3))
    expect(items.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('achievement nowhere: does not exist'),
      expect.stringContaining('achievement plan: it is a draft'),
      expect.stringContaining('percent'),
    ])
    expect(await progressOf('new', 'ann', 'laps')).toMatchObject({
      state: 'achieved',
      unlockPrecision: 'imported',
      unlockTime: 15_779_342_451_234_567n,
    })
  })

  test('writes one event for each part', async () => {
    await createTitleWith(services, 'events', [laps])
    const key = await createTestJob(services, 'events', 'job')
    const rows = Array.from({ length: 5 }, (_, index) => ({
      player: `p${index}`,
      achievement: 'laps',
      percent: 5,
    }))
    await feedText(services, key, linesOf(rows), { partRows: 2 })
    const events = (await eventsOf('events')).filter(({ kind }) => kind !== 'definition_changed')
    expect(events).toMatchObject(
      [1, 2, 3].map(() => ({ kind: 'progress_imported', playerId: '', achievementId: '' })),
    )
  })

  test('writes an event for each change if the changes go to destinations', async () => {
    await createTitleWith(services, 'delivered', [laps])
    const key = await createTestJob(services, 'delivered', 'job', {}, 10n, 2)
    const rows = [5, 100, 7].map((percent, index) => ({ player: `p${index}`, achievement: 'laps', percent }))
    const { job } = await feedText(services, key, linesOf(rows))
    expect(job.counts).toMatchObject({ new: 3n, parts: 2n })
    const events = await eventsOf('delivered')
    expect(events.filter(({ playerId }) => playerId !== '')).toMatchObject([
      { playerId: 'p0', kind: 'progressed', percent: 5 },
      { playerId: 'p1', kind: 'unlocked' },
      { playerId: 'p2', kind: 'progressed' },
    ])
  })

  test('goes on after a call that was cut off, and reads nothing twice', async () => {
    await createTitleWith(services, 'cut', [laps])
    const key = await createTestJob(services, 'cut', 'job')
    const text = linesOf(
      Array.from({ length: 50 }, (_, index) => ({ player: `p${index}`, achievement: 'laps', percent: 5 })),
    )
    const content = (async function* () {
      yield Buffer.from(text.slice(0, 1_500))
      throw new Error('cut off')
    })()
    const parts = feedJob(services, { ...key, source: 'rows', position: 0 }, content, callOf(), 7)
    await expect(Array.fromAsync(parts)).rejects.toThrow('cut off')
    const { job: cut, sources } = await getJob(services, key, callOf())
    expect(Number(cut.counts.records) % 7).toBe(0)
    expect(Number(cut.counts.records)).toBeGreaterThan(7)
    await expect(finishJob(services, key, callOf())).rejects.toMatchObject({
      reason: 'MIGRATION_INPUT_MISSING',
    })
    const position = Number(sources[0]?.position)
    const ahead = feedText(services, key, text, { position: position + 1 })
    await expect(ahead).rejects.toMatchObject({ reason: 'MIGRATION_POSITION_AHEAD' })
    const { job } = await feedText(services, key, text.slice(position - 10), { position: position - 10 })
    expect(job.counts).toMatchObject({ records: 50n, new: 50n, unchanged: 0n })
    expect(await finishJob(services, key, callOf())).toMatchObject({ state: 'succeeded' })
  })

  test('stops while it is paused, and pauses itself beyond its refusals', async () => {
    await createTitleWith(services, 'paused', [laps])
    const key = await createTestJob(services, 'paused', 'job', {}, 2n)
    await pauseJob(services, key, callOf())
    const feed = () => feedText(services, key, linesOf([{ player: 'ann', achievement: 'laps', percent: 5 }]))
    await expect(feed()).rejects.toMatchObject({ reason: 'MIGRATION_JOB_NOT_RUNNING' })
    await resumeJob(services, key, callOf())
    const bad = linesOf([1, 2, 3].map(() => ({ player: 'ann', achievement: 'nowhere', percent: 5 })))
    const { job } = await feedText(services, key, bad)
    expect(job).toMatchObject({
      state: 'paused',
      pauseReason: expect.stringContaining('more than 2 records'),
    })
  })

  test('keeps progress that is further, takes the earlier unlock time, and lists both as conflicts', async () => {
    await createTitleWith(services, 'conflicts', [laps, win])
    await report('conflicts', 'ann', 'laps', 80)
    await report('conflicts', 'ann', 'win', 100)
    const key = await createTestJob(services, 'conflicts', 'job')
    const rows = [
      { player: 'ann', achievement: 'laps', percent: 30 },
      { player: 'ann', achievement: 'win', percent: 100, time: '2020-01-02T03:04:05Z' },
    ]
    const { job } = await feedText(services, key, linesOf(rows))
    expect(job.counts).toMatchObject({ new: 0n, changed: 1n, unchanged: 1n, conflicts: 2n })
    expect(await progressOf('conflicts', 'ann', 'laps')).toMatchObject({ percent: 80 })
    expect(await progressOf('conflicts', 'ann', 'win')).toMatchObject({ unlockTime: 15_779_342_450_000_000n })
    const { items } = await listConflicts(services, { ...key, ...FIRST }, callOf())
    expect(items).toMatchObject([
      { achievementId: 'laps', kind: 'lower', theirs: '30 %', ours: '80 %' },
      { achievementId: 'win', kind: 'unlock_time', theirs: '2020-01-02T03:04:05Z' },
    ])
  })

  test('is read by a list of progress that was cached', async () => {
    await createTitleWith(services, 'cached', [laps])
    const list = async () => {
      const request = { titleId: 'cached', playerId: 'ann', states: [], view: 'full', ...FIRST } as const
      const { items } = await listProgress(services, request, callOf())
      return items[0]?.progress.percent
    }
    expect(await list()).toBe(0)
    const key = await createTestJob(services, 'cached', 'job')
    await feedText(services, key, linesOf([{ player: 'ann', achievement: 'laps', percent: 42 }]))
    expect(await list()).toBe(42)
    expect(await report('cached', 'ann', 'laps', 50)).toMatchObject({ progress: { percent: 50 } })
  })

  test('creates players of unknown accounts, and finds the players of linked ones', async () => {
    await createTitleWith(services, 'accounts', [laps])
    const [known, unknown] = [fixturesOf(CODED).account(1), fixturesOf(CODED).account(2)]
    await services.store.write(NEVER_ABORTED, async (queries) => {
      const time = services.now()
      await queries.playerTitles.lock([{ playerId: 'linked', titleId: 'accounts' }], time)
      await queries.accounts.insert({ dialect: CODED, id: known }, 'linked')
    })
    const player = { field: 'player', dialect: CODED, usesIdentities: false }
    const key = await createTestJob(services, 'accounts', 'job', { player })
    const rows = [
      { player: known, achievement: 'laps', percent: 42 },
      { player: unknown, achievement: 'laps', percent: 43 },
    ]
    const { job } = await feedText(services, key, linesOf(rows))
    expect(job.counts).toMatchObject({ new: 2n, refused: 0n })
    expect(await progressOf('accounts', 'linked', 'laps')).toMatchObject({ percent: 42 })
    const owner = await services.store.read(NEVER_ABORTED, (queries) =>
      queries.accounts.findPlayer({ dialect: CODED, id: unknown }),
    )
    expect(owner).toBe(`${CODED}:${unknown}`)
    expect(await progressOf('accounts', owner ?? '', 'laps')).toMatchObject({ percent: 43 })
  })

  test('names players by the identity map, and refuses ids that it lacks', async () => {
    await createTitleWith(services, 'identities', [laps])
    const player = { field: 'player', dialect: undefined, usesIdentities: true }
    const key = await createTestJob(services, 'identities', 'job', { player })
    const map = (async function* () {
      yield Buffer.from('old-1,ann\nold-2,bob\nbroken\n')
    })()
    await Array.fromAsync(feedIdentities(services, { ...key, source: 'map' }, map, callOf()))
    const rows = ['old-1', 'old-2', 'old-3'].map((id) => ({ player: id, achievement: 'laps', percent: 9 }))
    const { job } = await feedText(services, key, linesOf(rows))
    expect(job.counts).toMatchObject({ new: 2n, refused: 2n })
    expect(await progressOf('identities', 'bob', 'laps')).toMatchObject({ percent: 9 })
  })

  test('creates no deleted player again', async () => {
    await createTitleWith(services, 'deleted', [laps])
    await report('deleted', 'gone', 'laps', 3)
    const request = { playerId: 'gone', etag: undefined, requestId: undefined }
    await deletePlayer(services, request, callOf())
    const key = await createTestJob(services, 'deleted', 'job')
    const rows = ['gone', 'here'].map((player) => ({ player, achievement: 'laps', percent: 9 }))
    const { job } = await feedText(services, key, linesOf(rows))
    expect(job.counts).toMatchObject({ new: 1n, refused: 1n })
    expect(await progressOf('deleted', 'gone', 'laps')).toBeUndefined()
  })

  test('sets the stat that a requirement follows', async () => {
    const titleId = 'stats'
    const kills = (id: string, target: bigint) =>
      achievementOf({ id, requirements: [requirementOf({ statCode: 'kills', target })] })
    await createTitleWith(services, titleId, [kills('ten', 10n), kills('five', 5n)])
    const values = [{ field: 'steps', unit: 'steps', requirementId: '', scale: 1 }] as const
    const key = await createTestJob(services, titleId, 'job', { values })
    const { job } = await feedText(services, key, linesOf([{ player: 'ann', achievement: 'ten', steps: 7 }]))
    expect(job.counts).toMatchObject({ new: 1n })
    const stored = await services.store.read(NEVER_ABORTED, (queries) =>
      queries.stats.findValues([{ playerId: 'ann', titleId }], ['kills']),
    )
    expect(stored).toMatchObject([{ value: 7 }])
    expect(await progressOf(titleId, 'ann', 'five')).toMatchObject({ state: 'achieved' })
  })

  test('follows a definition that changes while it is fed', async () => {
    await createTitleWith(services, 'changed', [laps])
    const key = await createTestJob(services, 'changed', 'job', {
      values: [{ field: 'steps', unit: 'steps', requirementId: '', scale: 1 }],
    })
    const content = (async function* () {
      yield Buffer.from(linesOf([{ player: 'ann', achievement: 'laps', steps: 50 }]))
      const patch = { requirements: [requirementOf({ target: 50n })] }
      const update = {
        titleId: 'changed',
        achievementId: 'laps',
        patch,
        etag: undefined,
        requestId: undefined,
      }
      await updateAchievement(services, update, callOf())
      yield Buffer.from(linesOf([{ player: 'bob', achievement: 'laps', steps: 50 }]))
    })()
    const parts = await Array.fromAsync(
      feedJob(services, { ...key, source: 'rows', position: 0 }, content, callOf(), 1),
    )
    expect(parts.at(-1)?.job.counts).toMatchObject({ new: 2n })
    expect(await progressOf('changed', 'bob', 'laps')).toMatchObject({ state: 'achieved' })
  })
})

test('a job is returned with the source of a name, however many sources it has', async () => {
  await createTitleWith(services, 'many', [win])
  const key = await createTestJob(services, 'many', 'a')
  const names = Array.from({ length: 1_001 }, (_, index) => `rows-${String(index).padStart(4, '0')}`)
  await services.store.write(NEVER_ABORTED, async (queries) => {
    for (const name of names) await queries.migrationJobs.findSource(key, name)
  })
  const namesOf = async (source?: string) =>
    (await getJob(services, { ...key, source }, callOf())).sources.map(({ name }) => name)
  expect(await namesOf()).toEqual(names.slice(0, 1_000))
  expect(await namesOf('rows-1000')).toEqual(['rows-1000'])
  expect(await namesOf('others')).toEqual([])
})
