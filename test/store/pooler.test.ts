import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionMode } from '../../src/store/connection-mode.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { noCitus } from '../support/citus.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { noPgbouncer, startPgbouncer } from '../support/pgbouncer.ts'

const { signal } = new AbortController()
const TRANSACTION = { pool_mode: 'transaction', default_pool_size: 2 }

let database: TestDatabase
let admin: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await database[Symbol.asyncDispose]()
})

function open(connectionString: string): Store & AsyncDisposable & { readonly modes: ConnectionMode[] } {
  const modes: ConnectionMode[] = []
  const onMode = (mode: ConnectionMode) => modes.push(mode)
  const store = openStore({ connectionString, poolSize: 4, onError: () => {}, onMode })
  return Object.assign(store, { modes, [Symbol.asyncDispose]: () => store.close() })
}

/** Begins transactions that hold backends of a pooler until disposed. */
async function holdBackends(url: string, count: number): Promise<AsyncDisposable> {
  const holders = Array.from({ length: count }, () => new pg.Client({ connectionString: url }))
  for (const holder of holders) await holder.connect()
  for (const holder of holders) await holder.query('begin')
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(holders.map((holder) => holder.end()))
    },
  }
}

/** The three kinds of calls, each of which looks up a title. */
function lookUp(store: Store): Promise<unknown>[] {
  return (['read', 'write', 'single'] as const).map((kind) =>
    store[kind](signal, (queries) => queries.titles.find('none')),
  )
}

async function valuesOf(statement: string): Promise<unknown[][]> {
  return (await admin.query({ text: statement, rowMode: 'array' })).rows
}

const replaced = 'on one Postgres: a distributed table cannot be replaced by a view'
describe.skipIf(noCitus === undefined)(`settings (${replaced})`, () => {
  beforeAll(async () => {
    await admin.query(`
      create table seen_settings (seqscan text, plans text, jit text);
      create function note_settings() returns boolean language sql volatile as $$
        insert into seen_settings values (current_setting('enable_seqscan'), current_setting('plan_cache_mode'),
          current_setting('jit')) returning true $$;
      alter table titles rename to titles_kept;
      create view titles as select titles_kept.* from (select note_settings() as noted offset 0) as note
        left join titles_kept on noted`)
  })
  afterAll(async () => {
    await admin.query('drop view titles; alter table titles_kept rename to titles')
  })

  test.for([
    ['on Postgres itself', undefined] as const,
    ['through PgBouncer in session mode', { pool_mode: 'session', default_pool_size: 8 }] as const,
    ['through PgBouncer in transaction mode', TRANSACTION] as const,
    ['through PgBouncer in transaction mode', TRANSACTION] as const,
  ])('are in force for each kind of call %s', async ([, pooling], { skip }) => {
    skip(pooling !== undefined && noPgbouncer !== undefined, noPgbouncer)
    await using stack = new AsyncDisposableStack()
    const pooler = pooling && stack.use(await startPgbouncer(database.url, pooling))
    const store = stack.use(open(pooler?.url ?? database.url))
    await admin.query('truncate seen_settings')
    for (let round = 1; round <= 5; round += 1) await Promise.all([...lookUp(store), ...lookUp(store)])
    expect(await valuesOf('select distinct * from seen_settings')).toEqual([
      ['off', 'force_generic_plan', 'off'],
    ])
    expect(await valuesOf('select count(*)::int from seen_settings')).toEqual([[30]])
  })

  test('stay off the backends that PgBouncer shares in transaction mode', async ({ skip }) => {
    skip(noPgbouncer !== undefined, noPgbouncer)
    await using pooler = await startPgbouncer(database.url, TRANSACTION)
    await using store = open(pooler.url)
    for (let round = 1; round <= 5; round += 1) await Promise.all(lookUp(store))
    const other = new pg.Client({ connectionString: pooler.url })
    await other.connect()
    const { rows } = await other.query("select current_setting('enable_seqscan') as seqscan")
    const prepared = await other.query(
      "select name from pg_prepared_statements where name not like '%probe%'",
    )
    await other.end()
    expect({ rows, prepared: prepared.rows }).toEqual({ rows: [{ seqscan: 'on' }], prepared: [] })
  })
})

test('a snapshot is read through PgBouncer in transaction mode, and leaves no transaction open', async ({
  skip,
}) => {
  skip(noPgbouncer !== undefined, noPgbouncer)
  await using pooler = await startPgbouncer(database.url, { ...TRANSACTION, default_pool_size: 1 })
  await using store = open(pooler.url)
  await admin.query(
    `insert into players (id, display_name, create_time, update_time) values ('ann', '', 0, 0)`,
  )
  const lines = store.snapshot(signal, async function* (queries) {
    const player = await queries.players.find('ann')
    // Not in the snapshot.
    await admin.query(
      `insert into players (id, display_name, create_time, update_time) values ('bob', '', 0, 0)`,
    )
    yield Buffer.from(`${player?.id}\n`)
    yield* queries.records.readLines('player', [])
  })
  const [first, second, ...others] = Buffer.concat(await Array.fromAsync(lines))
    .toString()
    .split('\n')
  expect([first, JSON.parse(second ?? ''), others]).toMatchObject(['ann', { playerId: 'ann' }, ['']])
  // On the only backend of the pool.
  expect(await store.read(signal, (queries) => queries.players.find('bob'))).toMatchObject({ id: 'bob' })
})

describe('stale statements', () => {
  test('are prepared again when a table changes', async () => {
    await using store = open(database.url)
    const all = () => Promise.all(Array.from({ length: 8 }, () => lookUp(store)).flat())
    await all()
    await admin.query('alter table titles add column later integer')
    await all()
    await admin.query('alter table titles drop column later')
    await all()
    expect(store.modes).toEqual([{ keepsSettings: true, keepsStatements: true }])
  })

  test('are sent without a name once PgBouncer goes from session to transaction mode', async ({ skip }) => {
    skip(noPgbouncer !== undefined, noPgbouncer)
    const session = { pool_mode: 'session', default_pool_size: 12 }
    await using pooler = await startPgbouncer(database.url, session)
    await using store = open(pooler.url)
    const all = () => Promise.all(Array.from({ length: 20 }, () => lookUp(store)).flat())
    await all()
    await pooler.reload({ ...session, pool_mode: 'transaction' })
    // Each connection keeps its backend until its next statement.
    await all()
    await using _ = await holdBackends(pooler.url, session.default_pool_size - 1)
    // Each backend has the statements of `all`. This one is new, and the connections share the only backend that is left.
    const find = () => store.read(signal, (queries) => queries.players.find('none'))
    await Promise.all(Array.from({ length: 8 }, find))
    await all()
    expect(store.modes).toEqual([
      { keepsSettings: true, keepsStatements: true },
      { keepsSettings: false, keepsStatements: false },
    ])
  })
})

test('a store that is closed ignores that its connections are stale', async () => {
  const store = open(database.url)
  await Promise.all(lookUp(store))
  await store.close()
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => rejections.push(reason)
  process.on('unhandledRejection', onRejection)
  store.refresh()
  await new Promise(setImmediate)
  process.off('unhandledRejection', onRejection)
  expect(rejections).toEqual([])
})

describe('a call that is aborted while it waits for a lock', () => {
  async function whileLocked(
    url: string,
    test: (call: Promise<unknown>, unlock: () => Promise<unknown>) => Promise<void>,
  ) {
    await using store = open(url)
    await Promise.all(lookUp(store))
    const controller = new AbortController()
    await admin.query('begin; lock table images')
    const call = store.read(controller.signal, (queries) => queries.images.find('none'))
    const settled = call.then(
      () => 'done',
      (error) => error,
    )
    const waiting =
      "select count(*)::int from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    await expect.poll(() => valuesOf(waiting)).toEqual([[1]])
    controller.abort(new Error('given up'))
    await test(settled, () => admin.query('commit'))
  }

  test.for([
    ['on Postgres itself', undefined] as const,
    ['through PgBouncer in session mode', { pool_mode: 'session', default_pool_size: 8 }] as const,
  ])('is cancelled %s', async ([, pooling], { skip }) => {
    skip(pooling !== undefined && noPgbouncer !== undefined, noPgbouncer)
    await using stack = new AsyncDisposableStack()
    const pooler = pooling && stack.use(await startPgbouncer(database.url, pooling))
    await whileLocked(pooler?.url ?? database.url, async (call, unlock) => {
      expect(await call).toMatchObject({ message: 'given up' })
      await unlock()
    })
  })
})

test.for([2, 3, 5])(
  'migrators behind PgBouncer with %i backends leave no lock on any',
  async (backends, { skip }) => {
    skip(noPgbouncer !== undefined, noPgbouncer)
    const settings = {
      ...TRANSACTION,
      server_round_robin: 1,
      default_pool_size: backends,
      min_pool_size: backends,
    }
    await using pooler = await startPgbouncer(database.url, settings)
    await openBackends(pooler.url, backends)
    await migrate(pooler.url)
    const locks = `select count(*)::int from pg_locks where locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())`
    expect(await valuesOf(locks)).toEqual([[0]])
    await Promise.all(Array.from({ length: 6 }, () => migrate(pooler.url)))
    expect(await valuesOf(locks)).toEqual([[0]])
  },
)

/** Has the pooler open so many backends, so that it takes them in turn. */
async function openBackends(url: string, count: number): Promise<void> {
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: url }))
  await Promise.all(clients.map((client) => client.connect()))
  await Promise.all(clients.map((client) => client.query('begin')))
  await Promise.all(clients.map((client) => client.query('commit')))
  await Promise.all(clients.map((client) => client.end()))
}
