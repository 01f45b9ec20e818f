import { type Kysely, sql } from 'kysely'

/** The definitions as each write stored them. The first revision of an existing achievement is its current state. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table achievement_revisions (
    title_id text not null,
    achievement_id text not null,
    revision bigint not null,
    time bigint not null,
    actor text not null,
    request_id text not null,
    list_order integer not null,
    hidden boolean not null,
    tags text[] not null,
    definition jsonb not null,
    ids jsonb not null,
    create_time bigint not null,
    update_time bigint not null,
    primary key (title_id, achievement_id, revision),
    foreign key (title_id, achievement_id) references achievements on delete cascade
  )`,
  // As that of achievements: lists know its size without reading it.
  'alter table achievement_revisions alter column definition set storage external',
  `insert into achievement_revisions
    select a.title_id, a.id, a.revision, a.update_time, '', '', a.list_order, a.hidden, a.tags, a.definition,
      coalesce((select jsonb_object_agg(i.dialect, i.id) from achievement_ids i
        where i.title_id = a.title_id and i.achievement_id = a.id), '{}'), a.create_time, a.update_time
    from achievements a`,
]
