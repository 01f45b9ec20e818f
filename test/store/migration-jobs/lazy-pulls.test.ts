import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TICKS_PER_MILLISECOND } from '../../../src/model/instant.ts'
import type { LazySource } from '../../../src/model/migration-job.ts'
import type { MigrationMapping } from '../../../src/model/migration-mapping.ts'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { dialects } from '../../../src/registry.ts'
import { listRefusals, pauseJob } from '../../../src/service/migration-jobs/jobs.ts'
import { type Operations, openOperations } from '../../../src/service/operations.ts'
import { openStore } from '../../../src/store/store.ts'
import { onDatabase } from '../../support/deliveries.ts'
import {
  always,
  type Behave,
  type FakePlatform,
  respond,
  script,
  startFakePlatform,
} from '../../support/fake-platform.ts'
import { useLazyTitles } from '../../support/lazy-titles.ts'
import { callOf, servicesOn } from '../../support/services.ts'

/* The progress of players is read from another system before their first calls. */

const [DIALECT = ''] = dialects.keys()

const titles = useLazyTitles('laps', 'wins')
let platform: FakePlatform

beforeEach(async () => {
  platform = await startFakePlatform({ behave: documents })
})
afterEach(() => platform.close())

/** Has 40 percent of `laps` for each player. */
const documents: Behave = ({ path }) =>
  respond(200, { body: lineFor(decodeURIComponent(path.split('/').at(-1) ?? '')) })
const lineFor = (player: string, percent = 40) =>
  `${JSON.stringify({ player, achievement: 'laps', percent })}\n`

const lazyJob = (source: Partial<LazySource> = {}, mapping: Partial<MigrationMapping> = {}) =>
  titles.createJob({ url: `${platform.url}/players/{player}`, ...source }, { mapping })

const progressOf = (playerId: string, by: Operations = titles.operations) =>
  by.getProgress({ titleId: titles.titleId, playerId, achievementId: 'laps' }, callOf())
const report = (playerId: string, percent: number) => ({
  titleId: titles.titleId,
  playerId,
  achievementId: 'laps',
  occurredTime: undefined,
  requestId: undefined,
  report: { kind: 'percent', percent } as const,
})

describe('a first call', () => {
  const CALLS: Readonly<Record<string, (playerId: string) => Promise<unknown>>> = {
    getProgress: (playerId) => progressOf(playerId),
    listProgress: (playerId) =>
      titles.operations.listProgress(
        { titleId: titles.titleId, playerId, pageSize: 10, pageToken: '', view: 'full', states: [] },
        callOf(),
      ),
    listTitleProgress: (playerId) =>
      Array.fromAsync(
        titles.operations.listTitleProgress(
          { dialect: DIALECT, titleId: titles.titleId, playerId },
          callOf(),
        ),
      ),
    unlockAchievements: (playerId) =>
      titles.operations.unlockAchievements(
        { titleId: titles.titleId, playerId, achievementIds: ['wins'], refusalOf: () => undefined },
        callOf(),
      ),
    getPlayerSummary: (playerId) =>
      titles.operations.getPlayerSummary({ titleId: titles.titleId, playerId }, callOf()),
    recordProgress: (playerId) => titles.operations.recordProgress(report(playerId, 5), callOf()),
    batchRecordProgress: (playerId) =>
      titles.operations.batchRecordProgress({ items: [report(playerId, 5)] }, callOf()),
  }

  test.each(Object.keys(CALLS))('%s has the progress of the other system', async (name) => {
    await lazyJob()
    await CALLS[name]?.('ann')
    expect(await titles.storedPercent('ann')).toBe(40)
    await CALLS[name]?.('ann')
    expect(platform.received.map(({ path }) => path)).toEqual(['/players/ann'])
  })

  test('returns it, with an event that goes to no destination, and later reports go on from it', async () => {
    await lazyJob()
    expect((await progressOf('ann')).progress).toMatchObject({ state: 'in_progress', percent: 40 })
    const query = `select kind, silent from events where player_id = 'ann' and title_id = '${titles.titleId}'`
    expect(await onDatabase(titles.services.databaseUrl, query)).toEqual([
      { kind: 'progressed', silent: true },
    ])
    await titles.operations.recordProgress(report('ann', 20), callOf())
    expect(await titles.storedPercent('ann')).toBe(40)
  })

  test('of a title without a lazy source, or of a paused job, calls nothing', async () => {
    await progressOf('ann')
    await pauseJob(titles.services, await lazyJob(), callOf())
    await progressOf('bob')
    expect(platform.received).toEqual([])
  })

  test('that resets a player leaves nothing to come back later', async () => {
    await lazyJob()
    const reset = {
      titleId: titles.titleId,
      playerId: 'ann',
      achievementId: undefined,
      reason: 'x',
      requestId: undefined,
    }
    expect(await titles.operations.resetProgress(reset, callOf())).toEqual({ resetCount: 1 })
    expect((await progressOf('ann')).progress.state).toBe('not_started')
  })

  test('of a player whom the other system does not have is done', async () => {
    platform.behave = always(respond(404))
    await lazyJob()
    await progressOf('ann')
    await progressOf('ann')
    expect(platform.received).toHaveLength(1)
    expect(await titles.storedPercent('ann')).toBeUndefined()
  })

  test('that a server gave up, because it died, is made by another one', async () => {
    const key = { ...(await lazyJob()), playerId: 'ann' }
    const { store, now } = titles.services
    await store.write(NEVER_ABORTED, (queries) => queries.migrationPulls.claim(key, now(), now() + 1n))
    titles.later = 1_000
    await titles.services.lazyPulls.retryDue()
    expect(await titles.storedPercent('ann')).toBe(40)
  })

  test('one request is sent by all servers, however many calls race', async () => {
    await lazyJob()
    const store = openStore({ connectionString: titles.services.databaseUrl, poolSize: 5, onError: () => {} })
    try {
      const others = [servicesOn(store), servicesOn(store)]
      for (const other of others) await other.lazyPulls.refresh()
      const servers = [titles.operations, ...others.map((other) => openOperations(other))]
      const calls = Array.from({ length: 30 }, (_, index) => servers[index % servers.length] as Operations)
      const found = await Promise.all(calls.map((server) => progressOf('ann', server)))
      expect(found.map(({ progress }) => progress.percent)).toEqual(calls.map(() => 40))
      expect(platform.received).toHaveLength(1)
    } finally {
      await store.close()
    }
  })
})

describe('a source', () => {
  test('that is slow delays a call by its timeout, and its progress comes later', async () => {
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow = await startFakePlatform({ behave: documents })
    // A proxy that holds the first response back until the call has returned.
    const proxy = createServer((request, response) => {
      void released.then(async () => {
        const from = await fetch(`${slow.url}${request.url}`)
        response.writeHead(from.status).end(await from.text())
      })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => proxy.once('listening', resolve))
    try {
      const { port } = proxy.address() as { port: number }
      await lazyJob({
        url: `http://127.0.0.1:${port}/players/{player}`,
        timeout: 50n * TICKS_PER_MILLISECOND,
      })
      const before = titles.services.lazyPulls.counts.late
      expect((await progressOf('ann')).progress.state).toBe('not_started')
      expect(titles.services.lazyPulls.counts.late).toBe(before + 1)
      release()
      await expect.poll(() => titles.storedPercent('ann')).toBe(40)
      expect(slow.received).toHaveLength(1)
    } finally {
      proxy.closeAllConnections()
      proxy.close()
      await slow.close()
    }
  })

  test.each<[string, Behave]>([
    ['fails', always(respond(500))],
    ['drops the connection', always({ kind: 'drop' })],
    ['refuses the credential', always(respond(403))],
    ['sends no document of the format', always(respond(200, { body: '[1, 2' }))],
    ['sends without end', always({ kind: 'flood' })],
    ['redirects', always(respond(302, { headers: { location: 'http://127.0.0.1/' } }))],
  ])('that %s fails no call, is asked again later, and not before', async (_, behave) => {
    platform.behave = behave
    await lazyJob()
    expect((await progressOf('ann')).progress.state).toBe('not_started')
    const asked = platform.received.length
    await titles.operations.recordProgress(report('ann', 5), callOf())
    await titles.services.lazyPulls.retryDue()
    expect(platform.received).toHaveLength(asked)
    platform.behave = documents
    titles.later = 60_000
    await titles.services.lazyPulls.retryDue()
    expect(await titles.storedPercent('ann')).toBe(40)
    expect(titles.services.lazyPulls.counts.failed).toBeGreaterThan(0)
  })

  test('that fails again and again is asked less and less', async () => {
    platform.behave = always(respond(500))
    await lazyJob()
    const asked: number[] = []
    for (let minute = 0; minute < 30; minute += 1) {
      titles.later = minute * 60_000
      if (minute === 0) await progressOf('ann')
      else await titles.services.lazyPulls.retryDue()
      asked.push(platform.received.length)
    }
    expect(asked.at(-1)).toBeLessThan(15)
    expect(asked.at(-1)).toBeGreaterThan(3)
  })

  test('is not called for a while after it failed for many players', async () => {
    platform.behave = always(respond(500))
    await lazyJob()
    for (let index = 0; index < 30; index += 1) await progressOf(`p${index}`)
    expect(platform.received.length).toBeLessThan(15)
  })

  test('with records of another player changes only the player’s own', async () => {
    platform.behave = always(respond(200, { body: lineFor('ann') + lineFor('eve') }))
    const key = await lazyJob()
    await progressOf('ann')
    expect([await titles.storedPercent('ann'), await titles.storedPercent('eve')]).toEqual([40, undefined])
    const { items } = await listRefusals(
      titles.services,
      { ...key, pageSize: undefined, pageToken: undefined },
      callOf(),
    )
    expect(items).toMatchObject([{ reason: 'player: must be the one whose document this is' }])
  })

  test('with a document of each player is read by the mapping of documents', async () => {
    platform.behave = script(respond(200, { body: '{\n"list": [\n{"achievement": "laps", "percent": 40}]}' }))
    await lazyJob(
      {},
      {
        format: 'player_documents',
        records: 'list',
        player: { field: '$file', dialect: undefined, usesIdentities: false },
      },
    )
    await progressOf('ann')
    expect(await titles.storedPercent('ann')).toBe(40)
  })

  test('that knows accounts is asked once the player has one', async () => {
    const player = { field: 'player', dialect: DIALECT, usesIdentities: false }
    platform.behave = always(respond(200, { body: lineFor('1234567890123456') }))
    await lazyJob({ url: `${platform.url}/accounts/{account}?of={player}` }, { player })
    await progressOf('ann')
    expect(platform.received).toEqual([])
    const account = { dialect: DIALECT, id: '1234567890123456' }
    await titles.services.store.write(NEVER_ABORTED, (queries) => queries.accounts.insert(account, 'ann'))
    titles.later = 120_000
    // Another server, whose memory is empty.
    const { lazyPulls } = servicesOn(titles.services.store, { now: titles.services.now })
    await lazyPulls.refresh()
    const fresh = openOperations({ ...titles.services, lazyPulls })
    await progressOf('ann', fresh)
    expect(platform.received.map(({ path }) => path)).toEqual(['/accounts/1234567890123456?of=ann'])
    expect(await titles.storedPercent('ann')).toBe(40)
  })
})
