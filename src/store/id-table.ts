import { type RawBuilder, sql } from 'kysely'

/**
 * Returns a list of ids as a table to join. Unlike `= any(list)` it is fast without statistics of the other table: in a bulk
 * import, 1,500 ids of 20,000 took 767 ms as a filter on each row, and take 16 ms so.
 */
export function idTable(ids: readonly string[]): RawBuilder<{ id: string }> {
  return sql`(select distinct id from unnest(${[...ids]}::text[]) as list (id))`
}

/** Returns the SQL of the first 64 bits of an id's SHA-256, in hexadecimal: `idDigest` of the service. */
export function idDigestOf(column: string): string {
  return `encode(substring(sha256(convert_to(${column}, 'UTF8')) for 8), 'hex')`
}
