import { type Kysely, sql } from 'kysely'
import type { DeliveryLimits, Destination } from '../../model/destination.ts'
import type { EventFilter } from '../../model/event.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { JsonObject } from '../../model/json.ts'
import { COLUMNS } from '../columns.ts'
import { DATABASE_CLOCK } from '../database-clock.ts'
import type { Row, Tables } from '../schema.ts'

export function destinationQueries(db: Kysely<Tables>) {
  const select = () =>
    db.selectFrom('destinations').select(COLUMNS.destinations).select(waitEndTime.as('wait_end_time'))
  const selectNamed = (titleId: string, id: string) =>
    select().where('title_id', '=', titleId).where('id', '=', id)

  return {
    async insert(destination: Destination): Promise<void> {
      const { titleId, id, dialect, createTime } = destination
      await db
        .insertInto('destinations')
        .values({ ...toRow(destination), title_id: titleId, id, dialect, create_time: createTime })
        .execute()
    },

    /** Starts the deliveries of a destination after a position. */
    async insertFlow(titleId: string, destinationId: string, position: bigint): Promise<void> {
      await db
        .insertInto('destination_flows')
        .values({ title_id: titleId, destination_id: destinationId, position })
        .execute()
    },

    async find(titleId: string, id: string): Promise<Destination | undefined> {
      const row = await selectNamed(titleId, id).executeTakeFirst()
      return row && toDestination(row)
    },

    /** Returns the destination with a row lock. */
    async lock(titleId: string, id: string): Promise<Destination | undefined> {
      const row = await selectNamed(titleId, id).forNoKeyUpdate().executeTakeFirst()
      return row && toDestination(row)
    },

    /** Prevents deletion until the end of the transaction. Returns whether the destination exists. */
    async lockShared(titleId: string, id: string): Promise<boolean> {
      return (await selectNamed(titleId, id).forKeyShare().executeTakeFirst()) !== undefined
    },

    /** Returns destinations after an id, ordered by id. */
    async list(titleId: string, after: string, limit: number): Promise<readonly Destination[]> {
      const rows = await select()
        .where('title_id', '=', titleId)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toDestination)
    },

    /** Writes all mutable columns and increments the revision. */
    async update(destination: Destination): Promise<void> {
      await db
        .updateTable('destinations')
        .set({ ...toRow(destination), revision: sql`revision + 1` })
        .where('title_id', '=', destination.titleId)
        .where('id', '=', destination.id)
        .execute()
    },

    /** Deletes the destination and, by cascade, its flow. Its deliveries may be many: `deleteBatch` deletes them. */
    async delete(titleId: string, id: string): Promise<void> {
      await db.deleteFrom('destinations').where('title_id', '=', titleId).where('id', '=', id).execute()
    },

    /** Deletes all destinations of a title with their deliveries. */
    async deleteOfTitle(titleId: string): Promise<void> {
      // First: it waits for transactions that enqueue, so that their deliveries are deleted too.
      await db.deleteFrom('destinations').where('title_id', '=', titleId).execute()
      await db.deleteFrom('delivery_queues').where('title_id', '=', titleId).execute()
      await db.deleteFrom('deliveries').where('title_id', '=', titleId).execute()
      await db.deleteFrom('sent_percents').where('title_id', '=', titleId).execute()
    },
  }
}

function toRow(destination: Destination) {
  const { filter, limits } = destination
  const json = (value: JsonObject) => sql<JsonObject>`${formatJson(value)}::jsonb`
  return {
    display_name: destination.displayName,
    url: destination.url,
    credential: destination.credential,
    filter: json({ ...filter }),
    limits: json({ ...limits, timeout: String(limits.timeout) }),
    paused: destination.paused,
    update_time: destination.updateTime,
  }
}

export type DestinationRow = Row<'destinations'> & { readonly wait_end_time: bigint | null }

/** Null when the time has come. */
const waitEndTime = sql<bigint | null>`(
  select f.wait_end_time from destination_flows f
  where f.title_id = destinations.title_id and f.destination_id = destinations.id
    and f.wait_end_time > ${DATABASE_CLOCK})`

export function toDestination(row: DestinationRow): Destination {
  const limits = row.limits as unknown as StoredLimits
  return {
    titleId: row.title_id,
    id: row.id,
    displayName: row.display_name,
    dialect: row.dialect,
    url: row.url,
    credential: row.credential,
    filter: row.filter as unknown as EventFilter,
    limits: { ...limits, timeout: BigInt(limits.timeout) },
    paused: row.paused,
    waitEndTime: row.wait_end_time ?? undefined,
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: String(row.revision),
  }
}

type StoredLimits = Omit<DeliveryLimits, 'timeout'> & { readonly timeout: string }
