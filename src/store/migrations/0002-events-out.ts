import { type Kysely, sql } from 'kysely'

/** What it takes to read events in the order in which they were committed, and to deliver them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create index events_by_title on events (title_id, id)`,
  // How far events had come at a time: what is older than the retention is erased up to such a mark, and the oldest
  // mark that is left says up to where.
  `create table event_marks (
    position bigint primary key,
    time bigint not null
  )`,
  `insert into event_marks (position, time) values (0, 0)`,
  `create table destinations (
    title_id text not null references titles,
    id text not null,
    display_name text not null,
    dialect text not null,
    url text not null,
    credential text not null,
    filter jsonb not null,
    limits jsonb not null,
    paused boolean not null default false,
    create_time bigint not null,
    update_time bigint not null,
    revision bigint not null default (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    primary key (title_id, id)
  )`,
  // What servers change of a destination while they deliver, apart from what its owner changes.
  `create table destination_flows (
    title_id text not null,
    destination_id text not null,
    position bigint not null,
    free_time bigint not null default 0,
    primary key (title_id, destination_id),
    foreign key (title_id, destination_id) references destinations on delete cascade
  )`,
  // A player who has something to be sent to a destination: whoever has the lease sends it.
  `create table delivery_queues (
    player_id text not null,
    title_id text not null,
    destination_id text not null,
    due_time bigint not null,
    waiting boolean not null default false,
    failures integer not null default 0,
    lease text,
    primary key (player_id, title_id, destination_id)
  )`,
  `create index delivery_queues_by_time on delivery_queues (title_id, destination_id, due_time)`,
  `create table deliveries (
    player_id text not null,
    title_id text not null,
    destination_id text not null,
    event_id bigint not null,
    achievement_id text not null,
    kind text not null,
    time bigint not null,
    progress_state text not null,
    percent smallint not null,
    unlock_time bigint,
    actor text not null,
    reason text not null,
    request_id text not null,
    state text not null,
    attempts integer not null default 0,
    create_time bigint not null,
    attempt_time bigint,
    idempotency_key text not null default '',
    request jsonb,
    response jsonb,
    error text not null default '',
    primary key (player_id, title_id, destination_id, event_id)
  )`,
  `create index deliveries_by_destination on deliveries (title_id, destination_id, event_id)`,
  `create index deliveries_pending on deliveries (player_id, title_id, destination_id, event_id)
    where state = 'pending'`,
]
