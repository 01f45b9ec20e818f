import { expect, test } from 'vitest'
import { countsOf, mixedCalls } from '../exercises/mixed.ts'
import { createTestDatabase } from '../support/database.ts'
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { startServerProcess } from '../support/server.ts'
import { volume } from '../support/volume.ts'

test('two servers behind PgBouncer in transaction mode lose nothing and fail nothing', async ({ skip }) => {
  skip(noPgbouncer !== undefined, noPgbouncer)
  await using database = await createTestDatabase()
  await using pooler = await startPgbouncer(database.url, { pool_mode: 'transaction', default_pool_size: 3 })
  const env = { LAUREL_LOG_LEVEL: 'info' }
  await using first = await startServerProcess({ databaseUrl: pooler.url, env })
  await using second = await startServerProcess({ databaseUrl: pooler.url, env })

  const addresses = [first.address, second.address]
  const mixed = await mixedCalls({
    addresses,
    databaseUrl: database.url,
    calls: volume({ small: 2_000, full: 200_000 }),
  })
  expect(countsOf(mixed)).toMatchObject({ failed: 0 })
  for (const server of [first, second]) {
    expect(server.output().match(/"keepsSettings":false,"keepsStatements":false/g)).toHaveLength(1)
  }
})
