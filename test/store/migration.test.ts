import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { EVERYTHING } from '../../src/model/principal.ts'
import type { Report } from '../../src/model/progress.ts'
import type { Call } from '../../src/service/call.ts'
import { mergePlayers } from '../../src/service/players/merge-players.ts'
import { revokeAchievement } from '../../src/service/progress/enforcement.ts'
import { getPlayerSummary } from '../../src/service/progress/get-progress.ts'
import { listProgress } from '../../src/service/progress/list-progress.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import type { RecordProgress } from '../../src/service/progress/writer/contract.ts'
import { recordStats } from '../../src/service/stats/stat-values.ts'
import { migrate, migrationState } from '../../src/store/migrate.ts'
import { withClient } from '../../src/store/with-client.ts'
import { createTestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { migrateTo } from '../support/earlier-schema.ts'
import { createTestServices, type TestServices } from '../support/services.ts'

const DATA = readFileSync(new URL('testdata/schema-0014.sql', import.meta.url), 'utf8')

let services: TestServices
const estimates: string[] = []
/** The caller of the data. */
const call: Call = {
  signal: NEVER_ABORTED,
  principal: { kind: 'service', name: 'match-server', permissions: EVERYTHING },
  actor: 'match-server',
  operation: 'test',
}

beforeAll(async () => {
  services = await createTestServices()
  const { databaseUrl } = services
  await migrateTo(databaseUrl, '0014-destination-waits')
  await onDatabase(databaseUrl, DATA)
  await onDatabase(databaseUrl, 'analyze')
  await migrate(databaseUrl, (estimate) => estimates.push(estimate))
  await migrate(databaseUrl, (estimate) => estimates.push(estimate))
  // It has read the tables that were replaced.
  services.store.refresh()
})
afterAll(() => services[Symbol.asyncDispose]())

const requestOf = (
  playerId: string,
  achievementId: string,
  report: RecordProgress['report'],
  requestId?: string,
): RecordProgress => ({
  titleId: 'lanternfall',
  playerId,
  achievementId,
  report,
  requestId,
  occurredTime: undefined,
})
const add = (quantity: bigint, requirementId?: string) => ({ kind: 'add', quantity, requirementId }) as const
const UNLOCK = { kind: 'unlock' } as const satisfies Report

/** The requests of the data, with members of their first responses. */
const REPORTS = [
  [requestOf('ann', 'counted', add(5n), 'ann-1'), { changed: true, progress: { values: { count: 5n } } }],
  [requestOf('ann', 'counted', add(3n), 'ann-2'), { changed: true, progress: { values: { count: 8n } } }],
  [requestOf('ann', 'plain', UNLOCK, 'ann-3'), { newlyUnlocked: true }],
  [requestOf('ann', 'plain', UNLOCK, 'ann-4'), { newlyUnlocked: false, alreadyUnlocked: true }],
  [requestOf('ann', 'two', add(2n, 'b'), 'ann-5'), { changed: true, missing: ['a', 'b'] }],
  [requestOf('ben', 'counted', add(20n), 'ben-1'), { newlyUnlocked: true }],
] as const

test('the time of the migrations is estimated before the first, by the tables that they read or rewrite', () => {
  expect(estimates).toEqual([expect.stringMatching(/^applying \d+ migrations, which read or rewrite /)])
  expect(estimates[0]).toMatch(/events \(13 rows, 1 MiB\).* about 2 seconds$/)
})

test('requests from before the migration return their first responses, and change nothing', async () => {
  for (const [request, first] of REPORTS)
    expect(await recordProgress(services, request, call)).toMatchObject(first)
  const updates = [{ code: 'lanterns', operation: 'increment', value: 4 } as const]
  const stats = { titleId: 'lanternfall', playerId: 'ben', updates, occurredTime: undefined }
  expect(await recordStats(services, { ...stats, requestId: 'ben-2' }, call)).toMatchObject({
    values: [{ value: 4 }],
  })
  const revoked = { titleId: 'lanternfall', playerId: 'cat', achievementId: 'plain' }
  const request = { ...revoked, reason: 'a bot', requestId: 'cat-2' }
  expect(await revokeAchievement(services, request, call)).toMatchObject({ changed: true })
  const other = requestOf('ann', 'counted', add(6n), 'ann-1')
  await expect(recordProgress(services, other, call)).rejects.toMatchObject({ reason: 'REQUEST_ID_REUSED' })
  expect(await onDatabase(services.databaseUrl, 'select count(*)::int as count from events')).toEqual([
    { count: 13 },
  ])
})

test('progress from before the migration moves on, and totals stay exact', async () => {
  const list = async () => {
    const page = await listProgress(
      services,
      { titleId: 'lanternfall', playerId: 'ann', view: 'full', states: [], pageSize: 10, pageToken: '' },
      call,
    )
    return page.items.map(({ achievement, progress }) => [achievement.id, progress.percent])
  }
  const before = [
    ['plain', 100],
    ['counted', 40],
    ['two', 33],
    ['followed', 0],
  ]
  expect(await list()).toEqual(before)
  const result = await recordProgress(services, requestOf('ann', 'counted', add(12n), 'ann-6'), call)
  expect(result).toMatchObject({ newlyUnlocked: true, progress: { values: { count: 20n } } })
  expect(await list()).toEqual(before.map(([id, percent]) => [id, id === 'counted' ? 100 : percent]))
  const summary = await getPlayerSummary(services, { titleId: 'lanternfall', playerId: 'ann' }, call)
  expect(summary).toMatchObject({ unlockedCount: 2, score: 30n })
})

test('a merge keeps the first responses from before and after the migration', async () => {
  await recordProgress(services, requestOf('dan', 'counted', add(1n), 'dan-1'), call)
  for (const absorbedPlayerId of ['ann', 'dan'])
    await mergePlayers(
      services,
      { playerId: 'cat', absorbedPlayerId, reason: '', requestId: undefined },
      call,
    )
  for (const [request, first] of REPORTS)
    expect(await recordProgress(services, request, call)).toMatchObject(first)
  expect(await recordProgress(services, requestOf('ann', 'counted', add(12n), 'ann-6'), call)).toMatchObject({
    newlyUnlocked: true,
  })
  expect(await recordProgress(services, requestOf('dan', 'counted', add(1n), 'dan-1'), call)).toMatchObject({
    changed: true,
    progress: { values: { count: 1n } },
  })
})

test('migrations that a deadlock with a running server rolled back are repeated', async () => {
  await using database = await createTestDatabase()
  await migrateTo(database.url, '0032-record-imports')
  await withClient(database.url, async (server) => {
    // The migrator detects the deadlock first.
    await server.query("set deadlock_timeout = '1min'")
    await server.query('begin')
    await server.query('select from report_traces')
    const migrated = migrate(database.url)
    const waits = `select from pg_locks where not granted and relation = 'report_traces'::regclass`
    await expect.poll(() => onDatabase(database.url, waits)).toHaveLength(1)
    await server.query('select from events')
    await server.query('rollback')
    await migrated
  })
  expect((await migrationState(database.url)).pending).toEqual([])
})
