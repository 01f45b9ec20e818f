import type pg from 'pg'

/** A table that pending migrations read or write as a whole. */
export interface MigratedTable {
  readonly table: string
  /** By the statistics of the table; 0 without any. */
  readonly rows: number
  /** Without the indexes. */
  readonly bytes: number
}

/**
 * The tables that a migration reads or writes as a whole, once for each pass: to rewrite rows, to build an index, to count. Other
 * migrations take the same short time whatever the size of the tables.
 */
const PASSES: Readonly<Record<string, readonly string[]>> = {
  '0003-room-for-updates': ['player_requests'],
  '0004-dead-letters': ['deliveries'],
  '0005-deliveries-of-achievements': ['deliveries'],
  '0008-current-definitions': ['achievements', 'progress'],
  '0012-sent-percents': ['deliveries'],
  '0013-callers-of-requests': ['player_requests', 'definition_requests'],
  '0015-two-rows-per-report': ['events'],
  '0017-unlock-totals': ['events', 'progress'],
  '0018-prefixes': ['accounts', 'players', 'players'],
  '0021-achievement-revisions': ['achievements'],
  '0034-migration-exactness': ['migration_undo'],
}

/** Half of the rates measured with a million rows on two cores: machines differ, and the caches of a start are cold. */
const BYTES_PER_SECOND = 100 * 2 ** 20
const ROWS_PER_SECOND = 400_000

/** Returns the sizes of the tables that migrations read or write as a whole. */
export async function migratedTables(
  client: pg.ClientBase,
  migrations: readonly string[],
): Promise<readonly MigratedTable[]> {
  const { rows } = await client.query<Record<keyof MigratedTable, string>>(
    `select relname as "table", greatest(reltuples, 0)::bigint as rows, pg_table_size(oid) as bytes
     from pg_class where oid = any(select to_regclass(name) from unnest($1::text[]) as name) order by relname`,
    [migrations.flatMap((name) => PASSES[name] ?? [])],
  )
  return rows.map(({ table, rows: count, bytes }) => ({ table, rows: Number(count), bytes: Number(bytes) }))
}

/** Returns how long migrations take with tables of these sizes, rounded up. */
export function estimateSeconds(migrations: readonly string[], tables: readonly MigratedTable[]): number {
  const passes = migrations.flatMap((name) => PASSES[name] ?? [])
  const seconds = tables.map(({ table, rows, bytes }) => {
    const count = passes.filter((pass) => pass === table).length
    return count * Math.max(bytes / BYTES_PER_SECOND, rows / ROWS_PER_SECOND)
  })
  return Math.ceil(1 + seconds.reduce((sum, each) => sum + each, 0))
}

/** Returns a line for the log and the terminal. */
export function describeEstimate(migrations: readonly string[], tables: readonly MigratedTable[]): string {
  const seconds = estimateSeconds(migrations, tables)
  const time =
    seconds === 1 ? '1 second' : seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`
  const sizes = tables.map(
    ({ table, rows, bytes }) =>
      `${table} (${rows.toLocaleString('en')} rows, ${Math.ceil(bytes / 2 ** 20)} MiB)`,
  )
  const read = sizes.length === 0 ? '' : `, which read or rewrite ${sizes.join(', ')}`
  const { length } = migrations
  return `applying ${length} ${length === 1 ? 'migration' : 'migrations'}${read}: about ${time}`
}
