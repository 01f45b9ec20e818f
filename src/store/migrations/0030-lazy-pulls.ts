import { type Kysely, sql } from 'kysely'

/** Players whose progress is read from another system on their first call. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  'alter table migration_jobs add column lazy_source jsonb',
  `create table migration_pulls (
    player_id text not null,
    title_id text not null,
    job_id text not null,
    state text not null,
    attempts integer not null,
    next_time bigint not null,
    primary key (player_id, title_id, job_id)
  )`,
  `create index migration_pulls_by_time on migration_pulls (title_id, job_id, next_time) where state in ('pulling', 'failed')`,
]
