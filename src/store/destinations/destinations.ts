import { type Kysely, sql } from 'kysely'
import type { DeliveryLimits, Destination } from '../../model/destination.ts'
import type { EventFilter } from '../../model/event.ts'
import { formatJson } from '../../model/exact-json.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Row, Tables } from '../schema.ts'

export function destinationQueries(db: Kysely<Tables>) {
  const selectNamed = (titleId: string, id: string) =>
    db.selectFrom('destinations').selectAll().where('title_id', '=', titleId).where('id', '=', id)

  return {
    async insert(destination: Destination): Promise<void> {
      const { titleId, id, dialect, createTime } = destination
      await db
        .insertInto('destinations')
        .values({ ...toRow(destination), title_id: titleId, id, dialect, create_time: createTime })
        .execute()
    },

    /** Lets servers deliver to a destination the events that come after one. */
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

    /** The destination, locked against other changes until the end of the transaction. */
    async lock(titleId: string, id: string): Promise<Destination | undefined> {
      const row = await selectNamed(titleId, id).forNoKeyUpdate().executeTakeFirst()
      return row && toDestination(row)
    },

    /** Keeps the destination from being deleted until the end of the transaction; false when it is gone. */
    async lockShared(titleId: string, id: string): Promise<boolean> {
      return (await selectNamed(titleId, id).forKeyShare().executeTakeFirst()) !== undefined
    },

    /** In order of id. */
    async list(titleId: string, id: string, limit: number): Promise<readonly Destination[]> {
      const rows = await db
        .selectFrom('destinations')
        .selectAll()
        .where('title_id', '=', titleId)
        .where('id', '>', id)
        .orderBy('id')
        .limit(limit)
        .execute()
      return rows.map(toDestination)
    },

    /** Writes all that may change of a destination; the revision counts up. */
    async update(destination: Destination): Promise<void> {
      await db
        .updateTable('destinations')
        .set({ ...toRow(destination), revision: sql`revision + 1` })
        .where('title_id', '=', destination.titleId)
        .where('id', '=', destination.id)
        .execute()
    },

    /** Its flow goes with it; what was on its way is erased by itself, because it may be much. */
    async delete(titleId: string, id: string): Promise<void> {
      await db.deleteFrom('destinations').where('title_id', '=', titleId).where('id', '=', id).execute()
    },

    /** All of a title's, with what is on its way to them. */
    async deleteOfTitle(titleId: string): Promise<void> {
      // First, because it waits for whoever adds deliveries, and finds what they leave.
      await db.deleteFrom('destinations').where('title_id', '=', titleId).execute()
      await db.deleteFrom('delivery_queues').where('title_id', '=', titleId).execute()
      await db.deleteFrom('deliveries').where('title_id', '=', titleId).execute()
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

export function toDestination(row: Row<'destinations'>): Destination {
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
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: String(row.revision),
  }
}

type StoredLimits = Omit<DeliveryLimits, 'timeout'> & { readonly timeout: string }
