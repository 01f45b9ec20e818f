import { type Kysely, sql } from 'kysely'

/** Digests of the ids of deleted players: late reports must not create these players again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table player_tombstones (digest bytea primary key, create_time bigint not null)`.execute(
    db,
  )
  // Rows come in the order of their time, and are purged by it.
  await sql`create index player_tombstones_by_time on player_tombstones using brin (create_time)`.execute(db)
}
