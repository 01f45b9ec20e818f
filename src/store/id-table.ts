import { type RawBuilder, sql } from 'kysely'

/**
 * Returns a list of ids as a table, in order of id. Rows with these ids are looked up one by one (`lateral`, with a limit): the plan of
 * a join, or of `= any(list)`, depends on statistics. A bulk import fills a title before there are any, and each batch then reads all rows
 * of the title: with 40,000, these reads took as long as all writes.
 */
export function idTable(ids: readonly string[]): RawBuilder<{ id: string }> {
  return sql`(select distinct id from unnest(${[...ids]}::text[]) as list (id) order by id)`
}

/** Returns the SQL of the first 64 bits of an id's SHA-256, in hexadecimal: `idDigest` of the service. */
export function idDigestOf(column: string): string {
  return `encode(substring(sha256(convert_to(${column}, 'UTF8')) for 8), 'hex')`
}
