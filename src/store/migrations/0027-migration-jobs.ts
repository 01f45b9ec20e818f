import { type Kysely, sql } from 'kysely'

/** Jobs that move players' progress here in bulk, what they refused, and the means to take back what they wrote. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const JOB = 'foreign key (title_id, job_id) references migration_jobs on delete cascade'

const STATEMENTS = [
  `create table migration_jobs (
    title_id text not null references titles on delete cascade,
    id text not null,
    mapping jsonb not null,
    deliveries_per_second integer not null,
    max_refusals bigint not null,
    state text not null,
    pause_reason text not null default '',
    record_count bigint not null default 0,
    new_count bigint not null default 0,
    changed_count bigint not null default 0,
    unchanged_count bigint not null default 0,
    skipped_count bigint not null default 0,
    refused_count bigint not null default 0,
    conflict_count bigint not null default 0,
    part_count bigint not null default 0,
    actor text not null,
    create_time bigint not null,
    update_time bigint not null,
    primary key (title_id, id)
  )`,
  `create table migration_sources (
    title_id text not null,
    job_id text not null,
    name text not null,
    position bigint not null default 0,
    header text not null default '',
    record_count bigint not null default 0,
    done boolean not null default false,
    primary key (title_id, job_id, name),
    ${JOB}
  )`,
  `create table migration_parts (
    version bigint primary key,
    title_id text not null,
    job_id text not null,
    time bigint not null,
    ${JOB}
  )`,
  'create index migration_parts_by_job on migration_parts (title_id, job_id)',
  `create table migration_refusals (
    title_id text not null,
    job_id text not null,
    source text not null,
    position bigint not null,
    ordinal integer not null,
    record text not null,
    reason text not null,
    primary key (title_id, job_id, source, position, ordinal),
    ${JOB}
  )`,
  `create table migration_conflicts (
    player_id text not null,
    title_id text not null,
    job_id text not null,
    achievement_id text not null,
    kind text not null,
    theirs text not null,
    ours text not null,
    primary key (player_id, title_id, job_id, achievement_id, kind)
  )`,
  'create index migration_conflicts_by_job on migration_conflicts (title_id, job_id, player_id, achievement_id, kind)',
  `create table migration_identities (
    title_id text not null,
    job_id text not null,
    id text not null,
    player_id text not null,
    primary key (title_id, job_id, id),
    ${JOB}
  )`,
  'create index migration_identities_by_player on migration_identities (player_id)',
  // The progress before the job first changed it.
  `create table migration_undo (
    player_id text not null,
    title_id text not null,
    job_id text not null,
    achievement_id text not null,
    state text not null,
    values jsonb not null,
    reported_percent smallint not null,
    percent smallint not null,
    unlock_time bigint,
    unlock_precision text,
    first_report_time bigint,
    last_report_time bigint,
    window_start bigint,
    revoked boolean not null,
    writer text not null,
    extensions jsonb not null,
    primary key (player_id, title_id, job_id, achievement_id)
  )`,
  'create index migration_undo_by_job on migration_undo (title_id, job_id)',
  // Rises with each part of any job, for cached pages of progress.
  `create table title_imports (
    title_id text primary key references titles on delete cascade,
    part_count bigint not null
  )`,
  // The version that a part of a job gave the row: until it changes again, both are equal.
  'alter table progress add column migration_version bigint',
]
