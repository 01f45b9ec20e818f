import { afterAll, beforeAll, expect, test } from 'vitest'
import { ONE_DATABASE } from '../../../src/store/citus/sharding.ts'
import { destinationHealthQueries } from '../../../src/store/destinations/destination-health.ts'
import { READ_ON_WORKERS, skipOnCluster } from '../../support/citus.ts'
import { countingRows } from '../../support/counting-rows.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { onDatabase } from '../../support/deliveries.ts'

const KEY = { titleId: 'race', destinationId: 'hook' }

const TABLES = ['deliveries', 'delivery_queues']

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

/** Inserts numbered deliveries of a state, each of a player of its own. */
async function insertMany(state: string, from: number, to: number): Promise<void> {
  await onDatabase(
    database.url,
    `insert into deliveries (player_id, title_id, destination_id, event_id, achievement_id, kind, time, progress_state,
       percent, actor, reason, request_id, state, create_time)
     select 'p' || i, 'race', 'hook', i, 'a', 'progressed', 0, 'in_progress', 50, '', '', '', $1, i
     from generate_series($2::int, $3::int) i`,
    [state, from, to],
  )
}

test('the health of a destination with 100,000 deliveries reads a bounded number of them', async ({
  skip,
}) => {
  skipOnCluster(skip, READ_ON_WORKERS)
  await insertMany('delivered', 1, 20_000)
  await insertMany('dead', 20_001, 40_000)
  await insertMany('pending', 40_001, 100_000)
  await onDatabase(
    database.url,
    `insert into delivery_queues (player_id, title_id, destination_id, due_time, waiting)
     select player_id, title_id, destination_id, event_id, false from deliveries where state = 'pending'`,
  )
  const { result, rowsRead } = await countingRows(database.url, TABLES, (db) =>
    destinationHealthQueries(db, ONE_DATABASE).count(KEY),
  )
  expect(result.counts).toEqual({ pending: 10_000, dead: 10_000 })
  expect(Number(result.oldestPendingTime)).toBe(40_001)
  // Queues, their deliveries, dead letters, and the newest ones.
  expect(rowsRead).toBeLessThanOrEqual(41_000)
})

test('one player with 30,000 pending deliveries is counted as far as 10,000', async ({ skip }) => {
  skipOnCluster(skip, READ_ON_WORKERS)
  await onDatabase(
    database.url,
    `update deliveries set player_id = 'one' where state = 'pending' and event_id > 70000`,
  )
  await onDatabase(database.url, `delete from delivery_queues`)
  await onDatabase(database.url, `insert into delivery_queues values ('one', 'race', 'hook', 1, true)`)
  const { result, rowsRead } = await countingRows(database.url, TABLES, (db) =>
    destinationHealthQueries(db, ONE_DATABASE).count(KEY),
  )
  expect(result.counts).toMatchObject({ waiting_for_account: 10_000 })
  expect(rowsRead).toBeLessThanOrEqual(31_000)
})
