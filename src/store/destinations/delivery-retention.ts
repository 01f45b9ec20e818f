import { type Kysely, sql } from 'kysely'
import type { DestinationKey } from '../../model/destination.ts'
import type { Tables } from '../schema.ts'

/** How many rows are looked at in one transaction. */
const SCAN_BATCH_SIZE = 5_000

export function deliveryRetentionQueries(db: Kysely<Tables>) {
  return {
    async listDestinations(): Promise<readonly DestinationKey[]> {
      const rows = await db.selectFrom('destinations').select(['title_id', 'id']).execute()
      return rows.map((row) => ({ titleId: row.title_id, destinationId: row.id }))
    },

    /**
     * Erases some of what was settled of events after one number and up to another, and gives how far it came; undefined
     * at the end. What is still to be sent stays, and so do dead letters, and the last that a destination has of an
     * achievement.
     */
    async purge(
      { titleId, destinationId }: DestinationKey,
      after: bigint,
      upTo: bigint,
    ): Promise<bigint | undefined> {
      const { rows } = await sql<{ reached: bigint | null }>`
        with old as materialized (
          select player_id, event_id, achievement_id, state from deliveries
          where title_id = ${titleId} and destination_id = ${destinationId}
            and event_id > ${after} and event_id <= ${upTo}
          order by event_id limit ${SCAN_BATCH_SIZE}
        ),
        settled as materialized (
          select player_id, event_id from old
          where state in ('superseded', 'unsupported') or state = 'delivered' and exists (
            select from deliveries newer
            where newer.player_id = old.player_id and newer.title_id = ${titleId}
              and newer.destination_id = ${destinationId} and newer.event_id > old.event_id
              and newer.achievement_id = old.achievement_id and newer.state = 'delivered')
        ),
        forgotten as (
          delete from deliveries
          where player_id = any(array(select player_id from settled)) and title_id = ${titleId}
            and destination_id = ${destinationId} and event_id <= ${upTo}
            and state in ('superseded', 'unsupported', 'delivered')
            and ((player_id, event_id) in (select player_id, event_id from settled)) is true
        )
        select max(event_id) as reached from old`.execute(db)
      return rows[0]?.reached ?? undefined
    },
  }
}
