import { type Kysely, sql } from 'kysely'

/** Stores large values uncompressed, so that lists know their sizes without reading them. Values that are written before stay. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, column] of [
    ['titles', 'extensions'],
    ['achievements', 'definition'],
    ['stats', 'extensions'],
    ['progress', 'extensions'],
  ])
    await sql`alter table ${sql.ref(`${table}`)} alter column ${sql.ref(`${column}`)} set storage external`.execute(
      db,
    )
}
