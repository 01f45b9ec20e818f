import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import type { SafePosition } from '../../src/service/events/safe-position.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { until } from '../support/relay.ts'
import { servicesOn, testWire } from '../support/services.ts'

let folder: string
let postgres: EmbeddedPostgres
let store: Store

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-crash-'))
  // Under root, Postgres runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755)
  postgres = await startEmbeddedPostgres({ dataDirectory: folder, log: testWire.log })
  await migrate(postgres.connectionString)
  store = openStore({ connectionString: postgres.connectionString, poolSize: 4, onError: () => {} })
})
afterAll(async () => {
  await store.close()
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
})

async function open(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: postgres.connectionString })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function insertEvent(client: pg.Client): Promise<bigint> {
  const { rows } = await client.query<{ id: string }>(
    `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
     values ('ann', 'crash', 'first', 'progressed', 0, 'in_progress', 1, '', '', '') returning id`,
  )
  return BigInt(rows[0]?.id ?? '')
}

const { signal } = new AbortController()

/** Kills Postgres during a transaction that has inserted an event; returns its id and the id that Postgres gives next. */
async function crash(safePosition: SafePosition) {
  const client = await open()
  // Postgres logs sequence values 32 ahead: after the last of them the next value is logged alone, and may be lost.
  const ahead = async () =>
    (await client.query('select log_cnt::int as ahead from events_id_seq')).rows[0].ahead
  do await insertEvent(client)
  while ((await ahead()) > 0)
  const start = await safePosition.current(signal)
  await client.query('begin')
  const lost = await insertEvent(client)
  for (const look of [1, 2]) expect([look, await safePosition.current(signal)]).toEqual([look, start])
  process.kill(await postmaster(), 'SIGKILL')
  await client.end().catch(() => {})
  await until(() =>
    open()
      .then((one) => one.end().then(() => true))
      .catch(() => false),
  )
  const writer = await open()
  await writer.query('begin')
  return { start, lost, given: await insertEvent(writer), writer }
}

test('an event id that Postgres loses in a crash and gives again is not skipped', async () => {
  const { safePosition, feed } = servicesOn(store)
  safePosition.start()
  let crashed = await crash(safePosition)
  // If the log was flushed just in time, the id was not lost.
  while (crashed.given !== crashed.lost) {
    await crashed.writer.end()
    crashed = await crash(safePosition)
  }
  const { start, lost, writer } = crashed
  const looked = () =>
    safePosition
      .current(signal)
      .then(() => true)
      .catch(() => false)
  await until(looked)
  const before = await feed.read('crash', start)
  expect(before).toMatchObject({ events: [], position: start })
  await writer.query('commit')
  await writer.end()
  await safePosition.current(signal)
  const { events } = await feed.read('crash', before.position)
  expect(events.map(({ id }) => id)).toEqual([lost])
  await safePosition.close()
})

async function postmaster(): Promise<number> {
  const [pid] = (await readFile(join(folder, 'postgres', 'data', 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}
