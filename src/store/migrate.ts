import { Kysely, PostgresAdapter, PostgresDialect, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { migrations } from './migrations/index.ts'

/** The key that Kysely locks by: earlier versions of Laurel take a lock of the session under it. */
const LOCK = 3853314791062309107n

/**
 * Brings a database to the newest schema; one that is there already is left as it is. Safe beside another
 * migrator: the second one waits for the first one's lock and finds nothing left to do.
 * @throws Error when a migration fails (all of it is rolled back) or the database is newer than this program.
 */
export async function migrate(connectionString: string): Promise<void> {
  const pool = new pg.Pool({ connectionString, max: 1 })
  const db = new Kysely<unknown>({ dialect: new MigratorDialect({ pool }) })
  try {
    await db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${LOCK})`.execute(transaction)
      const migrator = new Migrator({
        db: transaction,
        provider: { getMigrations: async () => ({ ...migrations }) },
      })
      const { error } = await migrator.migrateToLatest()
      if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
    })
  } finally {
    await db.destroy()
  }
}

/**
 * Takes no lock of the session, as Kysely does. A pooler in transaction mode would leave that one on a backend, where
 * no later migrator gets past it; the transaction's own ends with it.
 */
class MigratorAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

class MigratorDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new MigratorAdapter()
  }
}
