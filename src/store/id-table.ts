import { type RawBuilder, sql } from 'kysely'

/**
 * A list of ids as a table to join. Beside `= any(list)` it keeps its speed when the planner knows little of the
 * table yet: in a bulk import that took 767 ms for 1,500 ids of 20,000, as a filter on each row; this takes 16.
 */
export function idTable(ids: readonly string[]): RawBuilder<{ id: string }> {
  return sql`(select distinct id from unnest(${[...ids]}::text[]) as list (id))`
}
