import { type Kysely, sql } from 'kysely'
import type { DestinationKey } from '../../model/destination.ts'
import type { ProgressKey } from '../../model/progress.ts'
import type { Tables } from '../schema.ts'

/** The player and the achievement of a row of one destination. */
export type SentPercentKey = Pick<ProgressKey, 'playerId' | 'achievementId'>

export interface SentPercent extends SentPercentKey {
  readonly percent: number
}

/** The highest percent that a platform received of a player's achievement since the last reset that it received. */
export function sentPercentQueries(db: Kysely<Tables>) {
  return {
    /** Returns the percents of the keys that have one. */
    async list(
      { titleId, destinationId }: DestinationKey,
      keys: readonly SentPercentKey[],
    ): Promise<readonly SentPercent[]> {
      const { rows } = await sql<SentPercent>`
        select player_id as "playerId", achievement_id as "achievementId", percent from sent_percents
        where title_id = ${titleId} and destination_id = ${destinationId} and ${isAnyOf(keys)}`.execute(db)
      return rows
    },

    /** Raises percents, each key once. A lower percent changes nothing. */
    async raise({ titleId, destinationId }: DestinationKey, percents: readonly SentPercent[]): Promise<void> {
      await sql`
        insert into sent_percents as s (player_id, title_id, destination_id, achievement_id, percent)
        select player_id, ${titleId}, ${destinationId}, achievement_id, percent
        from unnest(${percents.map(({ playerId }) => playerId)}::text[],
          ${percents.map(({ achievementId }) => achievementId)}::text[],
          ${percents.map(({ percent }) => percent)}::smallint[]) as r (player_id, achievement_id, percent)
        order by player_id, achievement_id
        on conflict (player_id, title_id, destination_id, achievement_id) do update set percent = excluded.percent
          where s.percent < excluded.percent`.execute(db)
    },

    /** Sets percents back to none. */
    async reset({ titleId, destinationId }: DestinationKey, keys: readonly SentPercentKey[]): Promise<void> {
      await sql`
        delete from sent_percents
        where title_id = ${titleId} and destination_id = ${destinationId} and ${isAnyOf(keys)}`.execute(db)
    },
  }
}

/** The player ids are repeated because the planner does not use the key's index for a hashed lookup. */
function isAnyOf(keys: readonly SentPercentKey[]) {
  const playerIds = keys.map(({ playerId }) => playerId)
  const achievementIds = keys.map(({ achievementId }) => achievementId)
  return sql`player_id = any(${playerIds}::text[]) and ((player_id, achievement_id) in (
    select * from unnest(${playerIds}::text[], ${achievementIds}::text[]))) is true`
}
