import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { openStore } from '../../src/store/store.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { counted, titleWith } from '../support/one-achievement.ts'
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'
import { servicesOn, type TestServices } from '../support/services.ts'

/*
 * Settings that operators make for a whole database, for other programs: none may change the result of a statement of ours.
 */
const HOSTILE = {
  default_transaction_isolation: "'serializable'",
  extra_float_digits: '-10',
  standard_conforming_strings: 'off',
  synchronous_commit: 'off',
  default_transaction_deferrable: 'on',
  datestyle: "'german, dmy'",
  intervalstyle: "'iso_8601'",
  timezone: "'Pacific/Kiritimati'",
  bytea_output: "'escape'",
  xmlbinary: "'hex'",
  array_nulls: 'off',
  transform_null_equals: 'on',
  enable_nestloop: 'off',
  enable_indexscan: 'off',
  enable_hashjoin: 'off',
  jit_above_cost: '0',
  work_mem: "'64kB'",
  from_collapse_limit: '1',
  join_collapse_limit: '1',
  parallel_setup_cost: '0',
  client_min_messages: "'debug1'",
  lc_messages: "'C'",
}

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
  const admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  const name = admin.escapeIdentifier(admin.database ?? '')
  for (const [setting, value] of Object.entries(HOSTILE))
    await admin.query(`alter database ${name} set ${setting} = ${value}`)
  await admin.end()
})
afterAll(() => database[Symbol.asyncDispose]())

const MODES = [undefined, { pool_mode: 'transaction', default_pool_size: 5 }] as const

test.for(MODES)('settings of the database change nothing (pooler: %j)', async (pooling, { skip }) => {
  skip(pooling !== undefined && noPgbouncer !== undefined, noPgbouncer)
  await using stack = new AsyncDisposableStack()
  const pooler = pooling && stack.use(await startPgbouncer(database.url, pooling))
  const store = openStore({
    connectionString: pooler?.url ?? database.url,
    poolSize: 5,
    onError: (error) => {
      throw error
    },
  })
  stack.defer(() => store.close())
  const services = servicesOn(store) as TestServices
  const title = await titleWith(services, { requirements: counted(1000n) })
  const add = { kind: 'add', requirementId: undefined, quantity: 1n } as const
  // One player: each report conflicts with the others.
  const reports = Array.from({ length: 100 }, () => title.record('ann', add))
  await Promise.all(reports)
  const { progress } = await title.record('ann', add)
  expect(Object.values(progress.values)).toEqual([101n])

  const precise = await titleWith(services, {
    requirements: [{ ...counted(1n)[0], valueType: 'double', target: 1 } as never],
  })
  const third = 1 / 3
  await precise.record('ann', { ...add, quantity: third })
  const values = await store.read(NEVER_ABORTED, (queries) =>
    queries.progress.listOfPlayerTitle({ playerId: 'ann', titleId: precise.key.titleId }),
  )
  expect(values.flatMap(({ progress: stored }) => Object.values(stored.values))).toEqual([third])
})
