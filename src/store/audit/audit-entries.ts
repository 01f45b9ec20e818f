import { hash } from 'node:crypto'
import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { AuditEntry, AuditResourceType } from '../../model/audit.ts'
import type { Instant } from '../../model/instant.ts'
import type { JsonObject } from '../../model/json.ts'
import type { ListPart } from '../../model/list-part.ts'
import { columnsOf } from '../columns.ts'
import { type IdRange, listScanned } from '../scanned-list.ts'
import type { Row, Tables } from '../schema.ts'

/** Selects the entries that match each member that is set. */
export interface AuditFilter {
  readonly titleId: string | undefined
  readonly resourceType: AuditResourceType | undefined
  readonly resourceId: string | undefined
  /** Also finds the entries of a deleted player by the id. */
  readonly playerId: string | undefined
  readonly actor: string | undefined
  readonly operation: string | undefined
  /** Inclusive. */
  readonly startTime: Instant | undefined
  /** Exclusive. */
  readonly endTime: Instant | undefined
}

export type NewAuditEntry = Omit<AuditEntry, 'id'>

const DELETE_BATCH_SIZE = 5_000

export function auditEntryQueries(db: Kysely<Tables>) {
  return {
    /** Inserts an entry in the transaction of its change, and returns its id. */
    async insert(entry: NewAuditEntry): Promise<bigint> {
      // As for an event, before the id is assigned: the safe position waits for transactions with this lock. On a cluster, the locks of all
      // partitions would be those of all shards too.
      await sql`lock table only events in row exclusive mode`.execute(db)
      const { id } = await db
        .insertInto('audit_entries')
        .values(toRow(entry))
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },

    /** Replaces the record after the change. */
    async updateAfter(ids: readonly bigint[], after: JsonObject): Promise<void> {
      await sql`update audit_entries set after = ${JSON.stringify(after)} where id = any(${[...ids]}::bigint[])`.execute(
        db,
      )
    },

    /** Returns the matching entries in the range, as many as fit in one message. */
    async list(filter: AuditFilter, range: IdRange, limit: number): Promise<ListPart<AuditEntry>> {
      const list = {
        table: 'audit_entries',
        isOfKey: keyOf(filter),
        filters: filtersOf(filter),
        columns: COLUMNS_OF_ENTRY,
        selected: sql.raw(columnsOf('audit_entries', 'p')),
        size: SIZE,
      } as const
      const part = await listScanned<Row<'audit_entries'>>(db, list, range, limit)
      return { ...part, items: part.items.map(fromRow) }
    },

    /**
     * Removes all personal data of players from their entries: records, reasons, request ids and ids. Returns the digest that replaces each
     * id, in which the id cannot be read: like that of a tombstone.
     */
    async redactPlayers(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const digests = new Map(ids.map((id) => [id, digestOf(id)]))
      await sql`
        update audit_entries a set player_id = r.digest, reason = '', request_id = '', before = null, after = null,
          resource_id = case when a.resource_type = 'player'
            then coalesce((select n.digest from ${namesOf(digests)} n (id, digest) where n.id = a.resource_id), a.resource_id)
            else a.resource_id end
        from ${namesOf(digests)} r (id, digest) where a.player_id = r.id`.execute(db)
      return digests
    },

    /** Deletes a batch of entries from before a time. Returns false if there were none. */
    async purgeBefore(time: Instant): Promise<boolean> {
      const { numAffectedRows = 0n } = await sql`
        delete from audit_entries where id in (
          select id from audit_entries where time < ${time}::bigint order by time limit ${sql.lit(DELETE_BATCH_SIZE)}
        )`.execute(db)
      return numAffectedRows > 0n
    },
  }
}

const COLUMNS_OF_ENTRY = sql.raw(columnsOf('audit_entries'))

/** Of the large values; the rest of a row is less than the constant. Values may be compressed, so their text is measured. */
const SIZE = sql`(2000 + octet_length(p.reason) + coalesce(octet_length(p.before), 0)
  + coalesce(octet_length(p.after), 0))`

/** One index has the ids of a title, another those of a player. */
function keyOf({ titleId, playerId }: AuditFilter): RawBuilder<SqlBool> {
  if (playerId !== undefined) return sql`player_id in (${playerId}, ${digestOf(playerId)})`
  return titleId === undefined ? sql`true` : sql`title_id = ${titleId}`
}

/** Returns the conditions that the scan of the index leaves open. */
function filtersOf(filter: AuditFilter): readonly RawBuilder<SqlBool>[] {
  const { titleId, resourceType, resourceId, playerId, actor, operation, startTime, endTime } = filter
  const conditions: RawBuilder<SqlBool>[] = []
  if (playerId !== undefined && titleId !== undefined) conditions.push(sql`p.title_id = ${titleId}`)
  if (resourceType !== undefined) conditions.push(sql`p.resource_type = ${resourceType}`)
  if (resourceId !== undefined) conditions.push(sql`p.resource_id = ${resourceId}`)
  if (actor !== undefined) conditions.push(sql`p.actor = ${actor}`)
  if (operation !== undefined) conditions.push(sql`p.operation = ${operation}`)
  if (startTime !== undefined) conditions.push(sql`p.time >= ${startTime}::bigint`)
  if (endTime !== undefined) conditions.push(sql`p.time < ${endTime}::bigint`)
  return conditions
}

function namesOf(digests: ReadonlyMap<string, string>): RawBuilder<unknown> {
  return sql`unnest(${[...digests.keys()]}::text[], ${[...digests.values()]}::text[])`
}

function digestOf(playerId: string): string {
  return `sha256:${hash('sha256', `player ${playerId}`, 'hex')}`
}

function toRow({ isRecordOmitted, before, after, ...entry }: NewAuditEntry) {
  return {
    time: entry.time,
    actor: entry.actor,
    operation: entry.operation,
    resource_type: entry.resourceType,
    title_id: entry.titleId,
    resource_id: entry.resourceId,
    player_id: entry.playerId,
    request_id: entry.requestId,
    reason: entry.reason,
    before: before === undefined ? null : JSON.stringify(before),
    after: after === undefined ? null : JSON.stringify(after),
    record_omitted: isRecordOmitted,
  }
}

function fromRow(row: Row<'audit_entries'>): AuditEntry {
  return {
    id: row.id,
    time: row.time,
    actor: row.actor,
    operation: row.operation,
    resourceType: row.resource_type,
    titleId: row.title_id,
    resourceId: row.resource_id,
    playerId: row.player_id,
    requestId: row.request_id,
    reason: row.reason,
    before: row.before === null ? undefined : (JSON.parse(row.before) as JsonObject),
    after: row.after === null ? undefined : (JSON.parse(row.after) as JsonObject),
    isRecordOmitted: row.record_omitted,
  }
}
