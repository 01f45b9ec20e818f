import { type Kysely, sql } from 'kysely'

/** The values of stats before a migration job first changed them, and the values that it wrote. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table migration_stat_undo (
    player_id text not null,
    title_id text not null,
    job_id text not null,
    code text not null,
    former double precision,
    written double precision not null,
    primary key (player_id, title_id, job_id, code)
  )`.execute(db)
  await sql`create index migration_stat_undo_by_job on migration_stat_undo (title_id, job_id, player_id, code)`.execute(
    db,
  )
}
