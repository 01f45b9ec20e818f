import { type Kysely, sql } from 'kysely'

/**
 * What each destination knows of a player's achievements is looked up, however many deliveries the player has. What is
 * to be sent has an index of its own, and what is superseded is never the last: so taking up events costs no entry here.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index deliveries_of_achievement
    on deliveries (player_id, title_id, achievement_id, destination_id, state, event_id)
    where state in ('delivered', 'unsupported', 'dead')`.execute(db)
}
