import { Kysely, PostgresDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { migrations } from './migrations/index.ts'

/**
 * Brings a database to the newest schema; one that is there already is left as it is. Safe beside another
 * migrator: the second one waits for the first one's lock and finds nothing left to do.
 * @throws Error when a migration fails (all of it is rolled back) or the database is newer than this program.
 */
export async function migrate(connectionString: string): Promise<void> {
  const pool = new pg.Pool({ connectionString, max: 1 })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  try {
    const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } })
    const { error } = await migrator.migrateToLatest()
    if (error !== undefined) throw new Error('the database could not be migrated', { cause: error })
  } finally {
    await db.destroy()
  }
}
