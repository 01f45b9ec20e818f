import { type Kysely, sql } from 'kysely'

/** Back-fills, silent events, and the window in which progress was counted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `alter table achievements add column window_start bigint generated always as (
    case when definition->>'kind' = 'challenge' then (definition->'window'->>'start')::bigint end) stored`,
  `alter table progress add column window_start bigint`,
  `update progress p set window_start = a.window_start from achievements a
    where a.title_id = p.title_id and a.id = p.achievement_id and a.window_start is not null`,
  `alter table events add column silent boolean not null default false`,
  `create table backfills (
    title_id text not null,
    achievement_id text not null,
    state text not null,
    silent boolean not null,
    reset_requirements text[] not null,
    actor text not null,
    request_id text not null,
    last_player_id text not null default '',
    player_count bigint not null default 0,
    unlock_count bigint not null default 0,
    create_time bigint not null,
    update_time bigint not null,
    primary key (title_id, achievement_id),
    foreign key (title_id, achievement_id) references achievements on delete cascade
  )`,
  `create index backfills_running on backfills (title_id, achievement_id) where state = 'running'`,
]
