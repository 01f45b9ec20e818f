import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { ListPart } from '../model/list-part.ts'
import type { Tables } from './schema.ts'
import { MAX_BYTES } from './within-bytes.ts'

/** Ids, both exclusive, and the order between them. */
export interface IdRange {
  readonly after: bigint
  readonly before: bigint
  readonly order: 'newest_first' | 'oldest_first'
}

/** A list of a table in the order of ids. In the fragments the rows are `p`, except in `isOfKey`. */
export interface ScannedList {
  readonly table: 'events' | 'audit_entries'
  /** The condition that an index with the order has. */
  readonly isOfKey: RawBuilder<SqlBool>
  /** The other filters, joined by `and`. */
  readonly filters: readonly RawBuilder<SqlBool>[]
  /** The columns of the table that the other fragments need. */
  readonly columns: RawBuilder<unknown>
  readonly selected: RawBuilder<unknown>
  /** The bytes of a row. */
  readonly size: RawBuilder<unknown>
}

/** Rows of the key that one statement reads. */
const MAX_SCANNED = 10_000

/** Returns the matching rows in the range, as many as fit in one message, of at most `MAX_SCANNED` that have the key. */
export async function listScanned<Row>(
  db: Kysely<Tables>,
  { table, isOfKey, filters, columns, selected, size }: ScannedList,
  { after, before, order }: IdRange,
  limit: number,
): Promise<ListPart<Row>> {
  const isOldestFirst = order === 'oldest_first'
  const direction = sql.raw(isOldestFirst ? 'asc' : 'desc')
  const isInRange = sql<SqlBool>`${isOfKey} and id > ${after}::bigint and id < ${before}::bigint`
  // Read first: a purge between the statements only leaves fewer rows to scan.
  const end = filters.length > 0 ? await findScanEnd() : undefined
  const isScanned =
    end === undefined
      ? isInRange
      : sql`${isInRange} and id ${sql.raw(isOldestFirst ? '<=' : '>=')} ${end}::bigint`
  // The inner limit keeps the filters out of the scan, so that the planner cannot choose the index of another key.
  const { rows } = await sql<Row & { readonly size_so_far: bigint }>`
    select ${selected}, p.size_so_far
    from (
      select p.*, sum(size) over (order by id ${direction} rows unbounded preceding) as size_so_far from (
        select p.*, ${size} as size from (
          select ${columns} from ${sql.table(table)} where ${isScanned}
          order by id ${direction} limit ${sql.lit(MAX_SCANNED)}
        ) p where ${sql.join([sql`true`, ...filters], sql` and `)} order by id ${direction} limit ${limit}
      ) p
    ) p where p.size_so_far - p.size < ${sql.lit(MAX_BYTES)} order by p.id ${direction}`.execute(db)
  const isCut = Number(rows.at(-1)?.size_so_far ?? 0) >= MAX_BYTES
  const isScanEnd = !isCut && rows.length < limit && end !== undefined
  return { items: rows, isCut: isCut || isScanEnd, scannedTo: isScanEnd ? end : undefined }

  /** Returns the id of the last row that may be scanned; undefined if there are fewer. */
  async function findScanEnd(): Promise<bigint | undefined> {
    const { rows } = await sql<{ readonly id: bigint }>`
      select id from ${sql.table(table)} where ${isInRange}
      order by id ${direction} offset ${MAX_SCANNED - 1} limit 1`.execute(db)
    return rows[0]?.id
  }
}
