import { type Kysely, sql } from 'kysely'

/** Changes of a title's definitions that are decided before they are written. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  `create table plans (
    title_id text not null,
    id text not null,
    source text not null,
    source_id text not null,
    stamp text not null,
    actor text not null,
    create_time bigint not null,
    apply_time bigint,
    counts jsonb not null,
    kept_unlock_count bigint not null default 0,
    primary key (title_id, id)
  )`,
  `create table plan_changes (
    title_id text not null,
    plan_id text not null,
    achievement_id text not null,
    "before" jsonb,
    "after" jsonb,
    applied_hash bigint,
    primary key (title_id, plan_id, achievement_id),
    foreign key (title_id, plan_id) references plans on delete cascade
  )`,
  'create index plans_by_time on plans (create_time)',
]
