import { type Kysely, sql } from 'kysely'

/**
 * Counts the players who unlocked each achievement. A change of progress states in its event by how much it changes the count, so that
 * a background reader of the events can keep the counts, and no report waits for a row that others write.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db)
}

const STATEMENTS = [
  // No event may be committed between the counts and the position.
  'lock table events in share row exclusive mode',
  'alter table events add column unlock_change smallint',
  'create index events_by_unlock on events (id) where unlock_change is not null',
  `create table achievement_totals (
    title_id text not null,
    achievement_id text not null,
    unlocked_count bigint not null,
    primary key (title_id, achievement_id)
  )`,
  // Has one row.
  'create table unlock_position (position bigint not null)',
  `insert into unlock_position (position)
    select case when is_called then last_value else 0 end from events_id_seq`,
  `insert into achievement_totals (title_id, achievement_id, unlocked_count)
    select title_id, achievement_id, count(*) from progress where state = 'achieved' and not revoked group by 1, 2`,
]
