import { type Kysely, sql } from 'kysely'

/** A constant default rewrites no table. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['achievements', 'achievement_revisions'])
    await sql`alter table ${sql.table(table)} add lifecycle text not null default 'live'`.execute(db)
}
