import { type Kysely, sql } from 'kysely'

/**
 * Progress that an operator has reset, which no lazy source of a migration job brings back: an empty achievement stands for all. And the other
 * job, if any, whose progress a job has changed: a rollback gives it back to that job.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table migration_resets (
    player_id text not null,
    title_id text not null,
    achievement_id text not null,
    primary key (player_id, title_id, achievement_id)
  )`.execute(db)
  await sql`alter table migration_undo add column former_job_id text`.execute(db)
  await sql`create index migration_undo_by_former_job
    on migration_undo (title_id, former_job_id, achievement_id, player_id) where former_job_id is not null`.execute(
    db,
  )
}
