import { type Kysely, sql } from 'kysely'

/**
 * The first tables. Kept to what a distributed engine carries: `player_id` in each key of a table that grows
 * with players, foreign keys only along it or to tables of definitions, no triggers, no sequences shared between
 * shards but the identity of events.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table titles (
    id text primary key,
    display_name text not null,
    default_locale text not null,
    extensions jsonb not null,
    create_time bigint not null,
    update_time bigint not null,
    revision bigint not null default 1
  )`,
  `create table title_bindings (
    dialect text not null,
    name text not null,
    value text not null,
    title_id text not null references titles on delete cascade,
    primary key (dialect, name, value),
    unique (title_id, dialect, name)
  )`,
  `create table achievements (
    title_id text not null references titles,
    id text not null,
    list_order integer not null,
    hidden boolean not null,
    tags text[] not null,
    stat_codes text[] not null,
    score bigint not null,
    definition jsonb not null,
    create_time bigint not null,
    update_time bigint not null,
    revision bigint not null default (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    primary key (title_id, id)
  )`,
  `create index achievements_by_list_order on achievements (title_id, list_order, id)`,
  `create index achievements_by_create_time on achievements (title_id, create_time, id)`,
  `create index achievements_by_update_time on achievements (title_id, update_time, id)`,
  `create table achievement_ids (
    title_id text not null,
    dialect text not null,
    id text not null,
    achievement_id text not null,
    primary key (title_id, dialect, id),
    unique (title_id, achievement_id, dialect),
    foreign key (title_id, achievement_id) references achievements on delete cascade
  )`,
  `create table stats (
    title_id text not null references titles,
    code text not null,
    display_name text not null,
    default_value double precision not null,
    minimum double precision,
    maximum double precision,
    increment_only boolean not null,
    set_by text not null,
    extensions jsonb not null default '{}',
    create_time bigint not null,
    update_time bigint not null,
    revision bigint not null default 1,
    primary key (title_id, code)
  )`,
  `create table definition_requests (
    request_id text primary key,
    fingerprint text not null,
    response text,
    create_time bigint not null
  )`,
  `create index definition_requests_by_time on definition_requests (create_time)`,
  `create table images (
    hash text primary key,
    format text not null,
    bytes bytea not null,
    create_time bigint not null
  )`,
  `create table players (
    id text primary key,
    display_name text not null,
    create_time bigint not null,
    update_time bigint not null,
    revision bigint not null default 1
  )`,
  `create table accounts (
    dialect text not null,
    id text not null,
    player_id text not null,
    primary key (id, dialect)
  )`,
  `create index accounts_by_player on accounts (player_id)`,
  `create table player_titles (
    player_id text not null references players on delete cascade,
    title_id text not null references titles,
    version bigint not null,
    unlocked_count integer not null default 0,
    score bigint not null default 0,
    last_unlock_time bigint,
    extensions jsonb not null default '{}',
    primary key (player_id, title_id)
  )`,
  `create index player_titles_by_title on player_titles (title_id, player_id)`,
  `create table progress (
    player_id text not null,
    title_id text not null,
    achievement_id text not null,
    state text not null,
    values jsonb not null,
    reported_percent smallint not null,
    percent smallint not null,
    unlock_time bigint,
    unlock_precision text,
    first_report_time bigint,
    last_report_time bigint,
    revoked boolean not null,
    writer text not null,
    extensions jsonb not null,
    primary key (player_id, title_id, achievement_id),
    foreign key (player_id, title_id) references player_titles on delete cascade,
    foreign key (title_id, achievement_id) references achievements
  )`,
  `create index progress_by_achievement on progress (title_id, achievement_id, player_id)`,
  `create table stat_values (
    player_id text not null,
    title_id text not null,
    code text not null,
    value double precision not null,
    create_time bigint not null,
    update_time bigint not null,
    primary key (player_id, title_id, code),
    foreign key (player_id, title_id) references player_titles on delete cascade,
    foreign key (title_id, code) references stats
  )`,
  `create index stat_values_by_stat on stat_values (title_id, code, player_id)`,
  `create table community_progress (
    title_id text not null,
    achievement_id text not null,
    value numeric not null,
    unlock_time bigint,
    create_time bigint not null,
    update_time bigint not null,
    primary key (title_id, achievement_id),
    foreign key (title_id, achievement_id) references achievements on delete cascade
  )`,
  `create table contributions (
    player_id text not null,
    title_id text not null,
    achievement_id text not null,
    value numeric not null,
    claim_time bigint,
    create_time bigint not null,
    update_time bigint not null,
    primary key (player_id, title_id, achievement_id),
    foreign key (player_id, title_id) references player_titles on delete cascade,
    foreign key (title_id, achievement_id) references achievements
  )`,
  `create index contributions_by_value on contributions (title_id, achievement_id, value, player_id)`,
  `create table events (
    player_id text not null,
    id bigint generated always as identity,
    title_id text not null,
    achievement_id text not null,
    kind text not null,
    time bigint not null,
    state text not null,
    percent smallint not null,
    unlock_time bigint,
    actor text not null,
    reason text not null,
    request_id text not null,
    primary key (player_id, id)
  )`,
  `create table player_requests (
    player_id text not null,
    request_id text not null,
    fingerprint text not null,
    response text,
    create_time bigint not null,
    primary key (player_id, request_id)
  )`,
  `create index player_requests_by_time on player_requests (create_time)`,
]
