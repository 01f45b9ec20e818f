import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { Feed } from '../../src/service/events/feed.ts'
import { SafePosition } from '../../src/service/events/safe-position.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { createDataFolder } from '../support/data-folder.ts'
import { postmasterIn } from '../support/postmaster.ts'
import { until } from '../support/relay.ts'
import { testWire } from '../support/services.ts'
import { volume } from '../support/volume.ts'

let folder: string
let postgres: EmbeddedPostgres
let store: Store

beforeAll(async () => {
  folder = await createDataFolder('crash')
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

function startPolling(): SafePosition {
  const safePosition = new SafePosition(store)
  safePosition.start()
  onTestFinished(() => safePosition.close())
  return safePosition
}

/** Returns the safe position, once the store calls Postgres again. */
async function currentOf(safePosition: SafePosition): Promise<bigint> {
  let position: bigint | undefined
  await until(async () => {
    position = await safePosition.current(signal).catch(() => undefined)
    return position !== undefined
  })
  return position as bigint
}

interface Crash {
  /** The position of a reader before the crash. */
  readonly start: bigint
  /** The id of the event in the transaction that the crash ended. */
  readonly lost: bigint
  /** The id that Postgres gave the first event after the crash. */
  readonly given: bigint
  /** Has inserted the event `given`, and not committed it. */
  readonly writer: pg.Client
}

/** Kills Postgres during a transaction that has inserted an event, after a number of polls. */
async function crash(safePosition: SafePosition, polls: number): Promise<Crash> {
  const client = await open()
  // Postgres logs sequence values 32 ahead: after the last of them the next value is logged alone, and may be lost.
  const ahead = async () =>
    (await client.query('select log_cnt::int as ahead from events_id_seq')).rows[0].ahead
  do await insertEvent(client)
  while ((await ahead()) > 0)
  const start = await currentOf(safePosition)
  await client.query('begin')
  const lost = await insertEvent(client)
  for (let poll = 0; poll < polls; poll += 1) expect(await safePosition.current(signal)).toBe(start)
  process.kill(await postmasterIn(join(folder, 'postgres/data')), 'SIGKILL')
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

/** Commits the event after the crash, and expects a reader to receive it. */
async function expectNotSkipped(safePosition: SafePosition, { start, given, writer }: Crash): Promise<void> {
  const feed = new Feed(store, safePosition)
  await currentOf(safePosition)
  const before = await feed.read('crash', start)
  expect(before.events).toEqual([])
  expect(before.position).toBeLessThan(given)
  await writer.query('commit')
  await writer.end()
  await currentOf(safePosition)
  const { events } = await feed.read('crash', before.position)
  expect(events.map(({ id }) => id)).toEqual([given])
}

test('an event id that Postgres loses in a crash and assigns again is not skipped', async () => {
  const safePosition = startPolling()
  let isAssignedAgain = false
  // If the log was flushed just in time, the id was not lost.
  while (!isAssignedAgain) {
    const crashed = await crash(safePosition, 0)
    await expectNotSkipped(safePosition, crashed)
    isAssignedAgain = crashed.given === crashed.lost
  }
})

test('an event id that a poll has seen is not assigned again after a crash', async () => {
  const safePosition = startPolling()
  for (let round = 0; round < volume({ small: 3, full: 50 }); round += 1) {
    const crashed = await crash(safePosition, 2)
    expect(crashed.given).toBeGreaterThan(crashed.lost)
    await expectNotSkipped(safePosition, crashed)
  }
})
