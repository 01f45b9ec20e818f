import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LaurelError } from '../../../src/model/errors.ts'
import { writeBatch } from '../../../src/service/progress/writer/write-batch.ts'
import { createTitle } from '../../../src/service/titles/titles.ts'
import type { Queries } from '../../../src/store/queries.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let pool: pg.Pool

beforeAll(async () => {
  services = await createTestServices()
  pool = new pg.Pool({ connectionString: services.databaseUrl })
  const title = { id: 'title', displayName: 'T', defaultLocale: 'en', bindings: {}, extensions: {} }
  await createTitle(services, { title, requestId: undefined }, callOf())
})
afterAll(async () => {
  await pool.end()
  await services[Symbol.asyncDispose]()
})

const outOfTwo = new LaurelError('invalid_argument', 'TIME_OUT_OF_BOUNDS', 'one of the two is at fault')

/** Locks the row of each player. The connection is terminated after the row of `loses`. */
function openPlayerTitles(loses: string) {
  return (playerIds: readonly string[]) => ({
    open: async () => {
      if (playerIds.length > 1) throw outOfTwo
    },
    apply: async (queries: Queries) => {
      const { playerTitles: result } = await queries.playerTitles.lock(
        playerIds.map((playerId) => ({ playerId, titleId: 'title' })),
        services.now(),
      )
      if (playerIds.includes(loses)) await terminateWriters()
      return { result, last: [() => queries.playerTitles.lock(result, services.now())] }
    },
  })
}

async function terminateWriters(): Promise<void> {
  await pool.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and state = 'idle in transaction'`)
}

async function players(): Promise<readonly string[]> {
  return (await pool.query('select player_id from player_titles order by 1')).rows.map((row) => row.player_id)
}

test('returns the recorded outcomes, and errors for the rest, when the connection is lost', async () => {
  const { signal } = new AbortController()
  const outcomes = await writeBatch(services.store, ['ann', 'ben'], signal, openPlayerTitles('ben'))
  expect(outcomes).toMatchObject([{ playerId: 'ann' }, { code: 'unavailable' }])
  expect(await players()).toEqual(['ann'])
})

test('fails the whole batch when the connection is lost before the first outcome', async () => {
  const { signal } = new AbortController()
  const recording = writeBatch(services.store, ['cat', 'dan'], signal, openPlayerTitles('cat'))
  await expect(recording).rejects.toMatchObject({ code: 'unavailable' })
  expect(await players()).toEqual(['ann'])
})
