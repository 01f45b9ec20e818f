import { type Kysely, sql } from 'kysely'
import type { DestinationKey } from '../../model/destination.ts'
import type { Instant } from '../../model/instant.ts'
import type { Sharding } from '../citus/sharding.ts'
import type { Tables } from '../schema.ts'
import { isQueueOf } from './deliveries.ts'

/** Destinations that are listed, so that the number of series is bounded. */
const MAX_DESTINATIONS = 200
/** Players of a destination that are read: the first by their due time. */
const MAX_PLAYERS = 100

/** The work that waits for one destination. */
export interface DeliveryBacklog extends DestinationKey {
  readonly paused: boolean
  /** The creation of the oldest event that waits, of the players that are due first; undefined if none waits. */
  readonly oldestTime: Instant | undefined
}

interface BacklogRow {
  readonly title_id: string
  readonly id: string
  readonly paused: boolean
  readonly oldest: bigint | null
}

export function deliveryBacklogQueries(db: Kysely<Tables>, { isDistributed }: Sharding) {
  return {
    /** Returns the first destinations by title and id. Players without an account on the platform are left out. */
    async list(): Promise<readonly DeliveryBacklog[]> {
      if (isDistributed) return listOfShards()
      const { rows } = await sql<BacklogRow>`
        select d.title_id, d.id, d.paused, backlog.oldest from (
          select title_id, id, paused from destinations order by title_id, id limit ${MAX_DESTINATIONS}
        ) d
        cross join lateral (
          select min(first.create_time) as oldest from (
            select player_id from delivery_queues q
            where q.title_id = d.title_id and q.destination_id = d.id and not q.waiting
            order by due_time limit ${MAX_PLAYERS}
          ) queues
          cross join lateral (
            select create_time from deliveries
            where ${isQueueOf(sql`queues.player_id, d.title_id, d.id`)} and state = 'pending'
            order by player_id, title_id, destination_id, event_id limit 1
          ) first
        ) backlog`.execute(db)
      return rows.map(({ title_id: titleId, id, paused, oldest }) => ({
        titleId,
        destinationId: id,
        paused,
        oldestTime: oldest ?? undefined,
      }))
    },
  }

  /** As `list`, with a join of the rows of one shard: it reads all players with deliveries that wait. */
  async function listOfShards(): Promise<readonly DeliveryBacklog[]> {
    const destinations = await db
      .selectFrom('destinations')
      .select(['title_id', 'id', 'paused'])
      .orderBy('title_id')
      .orderBy('id')
      .limit(MAX_DESTINATIONS)
      .execute()
    if (destinations.length === 0) return []
    const { rows } = await sql<{ title_id: string; destination_id: string; oldest: bigint }>`
      select d.title_id, d.destination_id, min(d.create_time) as oldest
      from deliveries d join delivery_queues q
        on q.player_id = d.player_id and q.title_id = d.title_id and q.destination_id = d.destination_id
      where d.state = 'pending' and not q.waiting group by d.title_id, d.destination_id`.execute(db)
    return destinations.map(({ title_id: titleId, id, paused }) => ({
      titleId,
      destinationId: id,
      paused,
      oldestTime: rows.find((row) => row.title_id === titleId && row.destination_id === id)?.oldest,
    }))
  }
}
