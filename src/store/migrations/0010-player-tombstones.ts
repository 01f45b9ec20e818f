import { type Kysely, sql } from 'kysely'

/** Digests of the ids of deleted players: late reports must not create these players again. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table player_tombstones (digest bytea primary key, create_time bigint not null)`.execute(
    db,
  )
}
