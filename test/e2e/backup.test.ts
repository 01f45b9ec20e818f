import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../adapters/index.ts'
import { findEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { openStore } from '../../src/store/store.ts'
import { createBoundTitle, createKnownPlayers } from '../support/bound-title.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { contentsOf } from '../support/every-table.ts'
import { TITLE_ID } from '../support/fixture.ts'
import { runLaurel, startCommand } from '../support/laurel.ts'
import { postJson } from '../support/post-json.ts'
import { record, until } from '../support/relay.ts'
import { type RunningServer, startServer, startServerProcess } from '../support/server.ts'
import { servicesOn } from '../support/services.ts'
import { volume } from '../support/volume.ts'

/** The players with accounts on the platforms; the exports have their progress. */
const KNOWN = 50
const ACHIEVEMENTS = 10
/** For a TEST_FUZZ_FACTOR of 500: the exports of a million rows take minutes each. */
const HOUR_IN_MILLISECONDS = 3_600_000

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-backups-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Returns all documents of a title in all dialects, and all its counters. */
async function exportsOf({ address, url }: RunningServer): Promise<Readonly<Record<string, string>>> {
  const exports: Record<string, string> = {}
  for (const { id } of adapters) {
    for (const of of [[], ['--progress']]) {
      const args = ['export', id, '--title', TITLE_ID, ...of]
      const { stdout, code, stderr } = await runLaurel(args, { env: { LAUREL_GRPC_ADDRESS: address } })
      expect(code, stderr).toBe(0)
      exports[args.join(' ')] = stdout
    }
  }
  const call = async (method: string, request: object) => {
    const { body } = await postJson(`${url}/laurel.v1.${method}`, { titleId: TITLE_ID, ...request })
    exports[`${method} ${JSON.stringify(request)}`] = JSON.stringify(body)
  }
  await call('AchievementService/ListUnlockTotals', {})
  await call('AuditService/ListAuditEntries', {})
  await call('EventService/ListEvents', {})
  for (let number = 0; number < KNOWN; number += 10)
    await call('ProgressService/GetPlayerSummary', { playerId: `player-${number}` })
  return exports
}

test(
  'moves from a serving embedded Postgres to another database with equal exports and counters',
  async () => {
    const rows = volume({ small: 2_000, full: 1_000_000 })
    const dataDirectory = join(folder, 'moved')
    const server = await startServerProcess({ env: { LAUREL_DATA_DIR: dataDirectory } })
    const connectionString = (await findEmbeddedPostgres(dataDirectory)) ?? ''
    const store = openStore({ connectionString, poolSize: 4, onError: () => {} })
    await createBoundTitle(servicesOn(store), ACHIEVEMENTS)
    await createKnownPlayers(servicesOn(store), KNOWN)
    const items = function* () {
      for (let row = 0; row < rows; row += 1)
        yield {
          playerId: `player-${Math.floor(row / ACHIEVEMENTS)}`,
          achievementId: `goal-${row % ACHIEVEMENTS}`,
        }
    }
    for (const part of partsOf(items(), 10_000)) await record(server.address, part)
    const totals = () =>
      onDatabase(
        connectionString,
        'select coalesce(sum(unlocked_count), 0)::int as count from achievement_totals',
      )
    await until(async () => (await totals())[0]?.['count'] === rows)
    await store.close()
    const before = await exportsOf(server)
    const file = join(folder, 'moved.backup')
    const timer = performance.now()
    const written = await runLaurel(['backup', file], { env: { LAUREL_DATA_DIR: dataDirectory } })
    const backupSeconds = (performance.now() - timer) / 1000
    expect(written).toMatchObject({ code: 0, stderr: '' })
    expect(written.stdout).toMatch(
      / has \d+ rows of \d+ tables as of \S+, of Laurel \S+, and was verified\n$/,
    )
    expect(await server.kill('SIGTERM')).toBe(0)
    await rm(dataDirectory, { recursive: true, force: true })

    await using target = await createTestDatabase()
    const restored = await runLaurel(['restore', file], { env: { DATABASE_URL: target.url } })
    const restoreSeconds = (performance.now() - timer) / 1000 - backupSeconds
    expect(restored).toMatchObject({ code: 0, stderr: '' })
    await using restoredServer = await startServer({ databaseUrl: target.url })
    expect(await exportsOf(restoredServer)).toEqual(before)
    if (rows > 100_000) {
      const megabytes = (await stat(file)).size / 1e6
      process.stdout.write(`${rows} rows: ${backupSeconds} s, ${megabytes} MB, ${restoreSeconds} s\n`)
    }
  },
  HOUR_IN_MILLISECONDS,
)

function* partsOf<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let part: Item[] = []
  for (const item of items) {
    part.push(item)
    if (part.length < size) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}

/** Creates a database of which a backup takes seconds. */
async function createLargeDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase()
  await onDatabase(
    database.url,
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
     select 'player-' || md5(n::text), 'title', 'first', 'progressed', n, 'in_progress', 1, '', md5((n + 1)::text), ''
     from generate_series(1, 200000) as n`,
  )
  return database
}

test('a backup that is killed at any point leaves no file of its name, and the next one succeeds', async () => {
  await using database = await createLargeDatabase()
  const file = join(folder, 'killed')
  const env = { DATABASE_URL: database.url }
  const sizeOf = async () => (await stat(`${file}.unfinished`).catch(() => undefined))?.size ?? -1
  expect(await runLaurel(['backup', file], { env })).toMatchObject({ code: 0 })
  const whole = (await stat(file)).size
  await rm(file)
  for (const share of [0, 0.01, 0.3, 0.9, 0.98]) {
    const { process: command, result } = startCommand('src/cli/main.ts', ['backup', file], { env })
    while (command.exitCode === null && (await sizeOf()) < share * whole) await sleep(1)
    command.kill('SIGKILL')
    expect((await result).code).toBeNull()
    expect((await readdir(folder)).filter((name) => name.startsWith('killed'))).toEqual(['killed.unfinished'])
    // At the last point it may be whole already, and be read again.
    if (share < 0.98) {
      const verified = await runLaurel(['backup', '--verify', `${file}.unfinished`])
      expect(verified).toMatchObject({ code: 1, stderr: expect.stringMatching(/damaged|no backup/) })
    }
  }
  expect(await runLaurel(['backup', file], { env })).toMatchObject({ code: 0 })
  expect(await runLaurel(['backup', '--verify', file])).toMatchObject({ code: 0, stderr: '' })
  expect((await readdir(folder)).filter((name) => name.startsWith('killed'))).toEqual(['killed'])
})

/** Looks from another database, because a restore refuses other connections to its own, but for those of Citus. */
async function isInBackend(from: TestDatabase, of: TestDatabase, condition: string): Promise<boolean> {
  const rows = await onDatabase(
    from.url,
    `select from pg_stat_activity a left join pg_stat_progress_copy c using (pid)
     where a.datname = $1 and a.backend_type = 'client backend' and not starts_with(a.application_name, 'citus_') and (${condition})`,
    [new URL(of.url).pathname.slice(1)],
  )
  return rows.length > 0
}

test('a restore that is killed at any point leaves the database as it was, and the next one succeeds', async () => {
  await using source = await createLargeDatabase()
  await using target = await createTestDatabase()
  const file = join(folder, 'restored')
  expect(await runLaurel(['backup', file], { env: { DATABASE_URL: source.url } })).toMatchObject({ code: 0 })
  const env = { DATABASE_URL: target.url }
  const before = await contentsOf(target.url)
  const inBackend = (condition: string) => isInBackend(source, target, condition)
  for (const point of [
    `a.state = 'idle in transaction' or a.state = 'active'`,
    'c.tuples_processed > 0',
    'c.tuples_processed > 50000',
    'c.tuples_processed > 150000',
  ]) {
    const { process: command, result } = startCommand('src/cli/main.ts', ['restore', file], { env })
    while (command.exitCode === null && !(await inBackend(point))) await sleep(1)
    command.kill('SIGKILL')
    expect((await result).code, point).toBeNull()
    while (await inBackend('true')) await sleep(20)
    expect(await contentsOf(target.url)).toEqual(before)
  }
  expect(await runLaurel(['restore', file], { env })).toMatchObject({ code: 0 })
  const { events } = await contentsOf(source.url)
  expect((await contentsOf(target.url))['events']).toBe(events)
})

test('a server that starts during a restore waits for its end, and serves the restored data', async () => {
  await using source = await createLargeDatabase()
  await using target = await createTestDatabase()
  const file = join(folder, 'awaited')
  await onDatabase(
    source.url,
    `insert into titles (id, display_name, default_locale, extensions, create_time, update_time) values ('kept', '', 'en', '{}', 0, 0)`,
  )
  expect(await runLaurel(['backup', file], { env: { DATABASE_URL: source.url } })).toMatchObject({ code: 0 })
  const { result } = startCommand('src/cli/main.ts', ['restore', file], { env: { DATABASE_URL: target.url } })
  await until(() => isInBackend(source, target, 'c.tuples_processed > 0'))
  await using server = await startServer({ databaseUrl: target.url })
  expect(await result).toMatchObject({ code: 0 })
  const { body } = await postJson(`${server.url}/laurel.v1.TitleService/GetTitle`, { titleId: 'kept' })
  expect(body).toMatchObject({ title: { titleId: 'kept' } })
})

test('the embedded database of a running server is backed up and examined, and refused as the target of a restore', async () => {
  const env = { LAUREL_DATA_DIR: join(folder, 'embedded') }
  const file = join(folder, 'embedded.backup')
  const missing = await runLaurel(['backup', file], { env })
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no database in ') })
  const server = await startServerProcess({ env })
  expect(await runLaurel(['backup', file], { env })).toMatchObject({ code: 0 })
  const status = await runLaurel(['db', 'status'], { env })
  expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^0001-records +applied$/m) })
  const doctor = await runLaurel(['doctor', '--json'], { env })
  expect(JSON.parse(doctor.stdout).findings).toContainEqual(
    expect.objectContaining({ check: 'migrations', level: 'ok' }),
  )
  const refused = await runLaurel(['restore', file], { env })
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is in use by process ') })
  expect(await server.kill('SIGTERM')).toBe(0)
  await rm(file)
  expect(await runLaurel(['backup', file], { env })).toMatchObject({ code: 0 })
})
