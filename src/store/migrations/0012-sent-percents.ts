import { type Kysely, sql } from 'kysely'

/**
 * The highest percent that each platform received. Deliveries do not have it, because a replay sets them to pending. Rows have
 * no foreign keys, and are deleted in batches.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table sent_percents (
    player_id text not null,
    title_id text not null,
    destination_id text not null,
    achievement_id text not null,
    percent smallint not null,
    primary key (player_id, title_id, destination_id, achievement_id)
  )`.execute(db)
  await sql`create index sent_percents_by_destination on sent_percents (title_id, destination_id, player_id)`.execute(
    db,
  )
  await sql`insert into sent_percents
    select player_id, title_id, destination_id, achievement_id,
      max(case when kind = 'unlocked' or progress_state = 'achieved' then 100 else least(percent, 99) end)
    from deliveries d
    where state = 'delivered' and achievement_id <> '' and kind <> 'reset'
      and exists (
        select from destinations t
        where t.title_id = d.title_id and t.id = d.destination_id and t.dialect <> 'webhook')
      and not exists (
        select from deliveries r
        where r.player_id = d.player_id and r.title_id = d.title_id and r.achievement_id = d.achievement_id
          and r.destination_id = d.destination_id and r.state = 'delivered' and r.kind = 'reset'
          and r.event_id > d.event_id)
    group by player_id, title_id, destination_id, achievement_id`.execute(db)
}
