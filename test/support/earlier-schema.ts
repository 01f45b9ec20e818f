import { Kysely, PostgresDialect } from 'kysely'
import { Migrator } from 'kysely/migration'
import pg from 'pg'
import { migrations } from '../../src/store/migrations/index.ts'
import { onDatabase } from './deliveries.ts'

/** Replaces the tables of a database with those of an earlier schema, or with none. On a cluster, none of them is distributed. */
export async function migrateTo(url: string, name: string | undefined): Promise<void> {
  await onDatabase(
    url,
    `do $$ begin execute (select coalesce('drop table ' || string_agg(quote_ident(relname), ', ') || ' cascade', 'select')
       from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition); end $$`,
  )
  if (name === undefined) return
  const pool = new pg.Pool({ connectionString: url })
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
  const provider = { getMigrations: async () => ({ ...migrations }) }
  const { error } = await new Migrator({ db, provider }).migrateTo(name)
  await db.destroy()
  if (error !== undefined) throw error
}
