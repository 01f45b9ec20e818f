import { type Kysely, sql } from 'kysely'

/** Players by account, for a cluster, where accounts are sharded by the player. Empty without one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table account_keys (
    id text not null,
    dialect text not null,
    player_id text not null,
    primary key (id, dialect)
  )`.execute(db)
}
