import { afterAll, beforeAll, expect, test } from 'vitest'
import { detectConnectionMode } from '../../src/store/connection-mode.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

test('a connection to Postgres itself keeps settings and statements', async () => {
  expect(await detectConnectionMode(database.url)).toEqual({ keepsSettings: true, keepsStatements: true })
})

test.for([
  { pool_mode: 'session', default_pool_size: 4, keepsSession: true },
  { pool_mode: 'session', default_pool_size: 4, server_round_robin: 1, keepsSession: true },
  { pool_mode: 'transaction', default_pool_size: 1, keepsSession: false },
  { pool_mode: 'transaction', default_pool_size: 2, keepsSession: false },
  { pool_mode: 'transaction', default_pool_size: 2, server_round_robin: 1, keepsSession: false },
  { pool_mode: 'transaction', default_pool_size: 20, min_pool_size: 8, keepsSession: false },
  {
    pool_mode: 'transaction',
    default_pool_size: 20,
    min_pool_size: 8,
    server_round_robin: 1,
    keepsSession: false,
  },
  { pool_mode: 'transaction', default_pool_size: 2, server_reset_query_always: 1, keepsSession: false },
])('a connection through PgBouncer is recognized: %o', async ({ keepsSession, ...settings }, { skip }) => {
  skip(noPgbouncer !== undefined, noPgbouncer)
  await using pooler = await startPgbouncer(database.url, settings)
  const mode = { keepsSettings: keepsSession, keepsStatements: keepsSession }
  for (let time = 1; time <= 3; time += 1) expect(await detectConnectionMode(pooler.url)).toEqual(mode)
})
