import { onDatabase } from './deliveries.ts'

interface Column {
  readonly table: string
  readonly column: string
  readonly type: string
  /** Whether it chooses the partition of a row, on a cluster. */
  readonly isPartitioning: boolean
}

/** Text with all that COPY escapes, and with its end mark. */
const AWKWARD = 'a\tb\\c\n\\.\n\r\u0001é😀'

/** A value of each type, as SQL. The numbers of both rows of a table differ. */
const VALUES: Readonly<Record<string, (row: number) => string>> = {
  text: (row) => `${quoted(AWKWARD)} || ${row}`,
  bigint: (row) => `922337203685477580 + ${row}`,
  integer: (row) => `${row}`,
  smallint: (row) => `${row}`,
  boolean: (row) => `${row === 1}`,
  'double precision': (row) => `0.1::float8 + ${row} * 0.2::float8`,
  numeric: (row) => `12345678901234567890.123456789 + ${row}`,
  jsonb: (row) => `jsonb_build_object(${quoted(AWKWARD)}, 0.10, 'n', 12345678901234567890123, 'row', ${row})`,
  bytea: (row) => `decode('00ff5c0a${String(row).padStart(2, '0')}', 'hex')`,
  uuid: (row) => `'00000000-0000-4000-8000-00000000000${row}'::uuid`,
  'text[]': (row) => `array[${quoted(AWKWARD)}, null, '${row}']`,
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** Inserts two rows into every table, whose columns all have values, and one row with nulls where they are allowed. */
export async function fillEveryTable(url: string, tables: readonly string[]): Promise<void> {
  const columns = await onDatabase<Column>(
    url,
    `select c.relname as table, quote_ident(a.attname) as column, format_type(a.atttypid, null) as type,
       c.relkind = 'p' and a.attname = 'id' as "isPartitioning"
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by a.attnum`,
  )
  for (const table of tables) {
    const own = columns.filter((column) => column.table === table)
    const rows = [1, 2].map((row) =>
      own.map(({ type, isPartitioning }) => (isPartitioning ? row : VALUES[type]?.(row))).join(', '),
    )
    const names = own.map(({ column }) => column).join(', ')
    for (const row of rows)
      await onDatabase(url, `insert into ${table} (${names}) overriding system value select ${row}`)
  }
  // Nulls differ from empty text.
  await onDatabase(url, `update events set "values" = null, caller = null, digest = '' where id % 2 = 0`)
}

/** Returns the number of rows of each table with a digest of all values. */
export async function contentsOf(url: string): Promise<Readonly<Record<string, string>>> {
  const tables = await onDatabase<{ name: string }>(
    url,
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
       and not relispartition and relname not like 'kysely%' order by relname`,
  )
  const contents: Record<string, string> = {}
  for (const { name } of tables) {
    // Chooses the partition of a response, on a cluster.
    const values = name === 'player_requests' ? "to_jsonb(t) - 'id'" : 'to_jsonb(t)'
    const [row] = await onDatabase<{ contents: string }>(
      url,
      `select count(*) || ' ' || coalesce(md5(string_agg(md5((${values})::text), '' order by md5((${values})::text))), '') as contents
       from ${name} t`,
    )
    contents[name] = row?.contents ?? ''
  }
  return contents
}
