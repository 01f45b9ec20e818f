import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { sleep } from '../model/sleep.ts'
import { isRetryable } from './errors.ts'
import { describeEstimate, migratedTables } from './migration-estimate.ts'
import { migrations } from './migrations/index.ts'
import { withClient } from './with-client.ts'

/** Kysely's key: earlier versions of Laurel take a session lock under it. */
const LOCK = 3853314791062309107n

const ATTEMPTS = 10
const MAX_PAUSE_MILLISECONDS = 1000

/** A transaction that no other migrator enters. */
export interface MigrationTransaction {
  readonly client: pg.ClientBase
  /** Migrates up to the named migration; without a name, to the newest schema. */
  readonly migrate: (name?: string) => Promise<void>
}

/**
 * Migrates a database to the newest schema. Concurrent migrators wait for the lock and then find nothing to do.
 * Migrations that a deadlock with running servers rolled back are repeated, a bounded number of times.
 * @param onEstimate called before the first migration of a database that is not new, with how long the migrations take
 * @throws Error if a migration fails (all are rolled back) or the database is newer than this program.
 */
export async function migrate(
  connectionString: string,
  onEstimate: (estimate: string) => void = () => {},
): Promise<void> {
  const { applied, pending } = await migrationState(connectionString)
  if (applied.length > 0 && pending.length > 0) {
    const tables = await withClient(connectionString, (client) => migratedTables(client, pending))
    onEstimate(describeEstimate(pending, tables))
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await withMigrationLock(connectionString, (transaction) => transaction.migrate())
    } catch (error) {
      const isConflict = error instanceof Error && isRetryable(error.cause)
      if (!isConflict || attempt === ATTEMPTS) throw error
      await sleep(Math.random() * MAX_PAUSE_MILLISECONDS, NEVER_ABORTED)
    }
  }
}

/** Runs work in a transaction that holds the lock of migrations. */
export async function withMigrationLock<Result>(
  connectionString: string,
  work: (transaction: MigrationTransaction) => Promise<Result>,
): Promise<Result> {
  const pool = new pg.Pool({ connectionString, max: 1, keepAlive: true })
  let client: pg.ClientBase | undefined
  // A database that stops while the connection is being closed reports that on the pool, and once more on the connection.
  pool.on('error', () => {})
  pool.on('connect', (connected) => {
    client = connected
    connected.on('error', () => {})
  })
  const db = new Kysely<unknown>({ dialect: new MigratorDialect({ pool }) })
  try {
    return await db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${LOCK})`.execute(transaction)
      return work({
        client: client as pg.ClientBase,
        migrate: async (name) => {
          const provider = { getMigrations: async () => ({ ...migrations }) }
          const migrator = new Migrator({ db: transaction, provider })
          const { error } = await (name === undefined ? migrator.migrateToLatest() : migrator.migrateTo(name))
          if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
        },
      })
    })
  } finally {
    await db.destroy()
  }
}

/** Kysely's session lock is left out: a pooler in transaction mode would leave it on a backend, where it blocks later migrators. */
class MigratorAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class MigratorDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new MigratorAdapter()
  }
}

/** The migrations by name, oldest first. */
export interface MigrationState {
  readonly applied: readonly string[]
  readonly pending: readonly string[]
  /** Of a newer version. */
  readonly unknown: readonly string[]
}

/** Reads which migrations a database has, without a change to it. */
export async function migrationState(connectionString: string): Promise<MigrationState> {
  return withClient(connectionString, async (client) => {
    const { rows } = await client.query<{ exists: boolean }>(
      "select to_regclass('kysely_migration') is not null as exists",
    )
    const found = rows[0]?.exists
      ? await client.query<{ name: string }>('select name from kysely_migration order by name')
      : { rows: [] }
    const applied = found.rows.map(({ name }) => name)
    const known = Object.keys(migrations)
    return {
      applied,
      pending: known.filter((name) => !applied.includes(name)),
      unknown: applied.filter((name) => !known.includes(name)),
    }
  })
}
