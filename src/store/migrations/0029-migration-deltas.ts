import { type Kysely, sql } from 'kysely'

/** Runs of a migration job after the first, which read only what has changed since. Jobs that exist get the default overlap, an hour. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table migration_jobs
      add column run_count integer not null default 0,
      add column latest_update_time bigint,
      add column watermark bigint,
      add column overlap bigint not null default 36000000000,
      add column older_count bigint not null default 0`.execute(db)
}
