import { type Kysely, sql } from 'kysely'

/** The ids of players who were merged into others. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table player_aliases (
    id text primary key,
    player_id text not null,
    actor text not null,
    reason text not null,
    create_time bigint not null
  )`.execute(db)
  await sql`create index player_aliases_by_player on player_aliases (player_id)`.execute(db)
}
