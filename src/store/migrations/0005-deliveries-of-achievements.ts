import { type Kysely, sql } from 'kysely'

/** What each destination knows of a player's achievements is looked up, however many deliveries the player has. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create index deliveries_of_achievement
    on deliveries (player_id, title_id, achievement_id, destination_id, state, event_id)`.execute(db)
}
