import { type Kysely, sql } from 'kysely'

/** Progress that an operator has reset, which no lazy source of a migration job brings back. An empty achievement stands for all. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table migration_resets (
    player_id text not null,
    title_id text not null,
    achievement_id text not null,
    primary key (player_id, title_id, achievement_id)
  )`.execute(db)
}
