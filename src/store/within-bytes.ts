import { type Kysely, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { ListPart } from '../model/list-part.ts'
import type { Tables } from './schema.ts'

/**
 * A list ends with the row that reaches so many bytes: more than a page of the wire holds. Columns with large values are stored
 * uncompressed, so `pg_column_size` is their size, and does not read them.
 */
export const MAX_BYTES = 4 * 2 ** 20

/** Runs a query with a limit, up to the row with which the sizes reach `MAX_BYTES`. `order` must be the order of the query. */
export async function listWithinBytes<All, From extends keyof All, Row>(
  db: Kysely<Tables>,
  query: SelectQueryBuilder<All, From, Row>,
  size: RawBuilder<unknown>,
  order: RawBuilder<unknown>,
): Promise<ListPart<Row>> {
  const sized = query.select([
    sql<number>`${size}`.as('size'),
    sql<bigint>`sum(${size}) over (order by ${order} rows unbounded preceding)`.as('size_so_far'),
  ])
  const { rows } = await sql<Row & { readonly size_so_far: bigint }>`
    select * from (${sized}) as part where size_so_far - size < ${sql.lit(MAX_BYTES)} order by size_so_far`.execute(
    db,
  )
  return { items: rows, isCut: Number(rows.at(-1)?.size_so_far ?? 0) >= MAX_BYTES }
}
