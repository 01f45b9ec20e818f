import { type RawBuilder, sql } from 'kysely'
import pg from 'pg'
import { formatJson } from '../../model/exact-json.ts'
import type { JsonObject } from '../../model/json.ts'
import { type LineMember, type MemberType, ROW_KINDS, type RowKind } from '../../model/record-line.ts'
import { columnOf, ROW_TABLES } from './row-tables.ts'

type Member = LineMember & { readonly name: string }

/**
 * Returns a COPY statement that writes each row of a kind as one line of JSON. Postgres formats the lines, so that they pass through this
 * process as bytes. In CSV with quotes and delimiters that no JSON text contains, they are written as they are.
 */
export function copyLines(kind: RowKind, titleIds: readonly string[]): string {
  const table = ROW_TABLES[kind]
  const titles = titleIds.map(pg.escapeLiteral).join(', ')
  const where = titleIds.length === 0 ? table.where : table.ofTitles.replaceAll('$titles', () => titles)
  const rows = `select concat(${lineParts(kind).join(', ')}) from ${table.table} r ${where === undefined ? '' : `where ${where}`}`
  return `copy (${rows} order by ${table.orderBy}) to stdout (format csv, delimiter e'\\x02', quote e'\\x01')`
}

/** Returns the arguments of a concatenation, which leaves out nulls. */
function lineParts(kind: RowKind): readonly string[] {
  let object = ''
  const parts = (ROW_KINDS[kind] as readonly Member[]).map(({ name, type, isOptional }, index) => {
    const [inner = '', outer = ''] = name.split('.').reverse()
    const opening = outer === object ? '' : `"${outer}":{`
    object = outer
    const start = index === 0 ? `{"kind":"${kind}",` : `,${opening}`
    const value = jsonOf(type, `r."${columnOf(ROW_TABLES[kind], name)}"`)
    return `'${start}"${inner}":' ${isOptional ? '||' : ','} ${value}`
  })
  return [...parts, object === '' ? "'}'" : "'}}'"]
}

/** Returns the SQL of a column's JSON. */
function jsonOf(type: MemberType, column: string): string {
  if (typeof type !== 'string') return `'"' || ${column} || '"'`
  return JSON_OF[type](column)
}

type NamedType = Extract<MemberType, string>

const asNumber = (column: string) => `${column}::text`
const asQuoted = (column: string) => `'"' || ${column} || '"'`
const asJson = (column: string) => `to_json(${column})::text`

const JSON_OF: Readonly<Record<NamedType, (column: string) => string>> = {
  id: asJson,
  text: asJson,
  instant: (column) => {
    // Rounded down, also before 1970.
    const seconds = `(${column} / 10000000 - (${column} % 10000000 < 0)::integer)`
    return `'"' || to_char(timestamp 'epoch' + make_interval(secs => ${seconds}), 'YYYY-MM-DD"T"HH24:MI:SS') ||
      '.' || right((10000000 + ${column} - ${seconds} * 10000000)::text, 7) || 'Z"'`
  },
  integer: asNumber,
  bigint: asQuoted,
  decimal: asQuoted,
  double: asJson,
  boolean: asJson,
  quantities: asNumber,
  json: asNumber,
  texts: asJson,
  hex: (column) => `'"' || encode(${column}, 'hex') || '"'`,
  base64: (column) => `'"' || translate(encode(${column}, 'base64'), e'\\n', '') || '"'`,
}

/**
 * Returns rows of a kind as a table: the columns of the kind's table, and `ordinal`, which counts from 1. The rows are by the members of
 * lines, and instants are ticks.
 */
export function rowsAsTable(kind: RowKind, rows: readonly JsonObject[]): RawBuilder<unknown> {
  const list = ROW_KINDS[kind] as readonly Member[]
  const types = list.map(
    ({ name, type }) => `"${name}" ${typeof type === 'string' ? PARSED_TYPES[type] : 'text'}`,
  )
  const columns = list.map(({ name, type }) => {
    const value = type === 'hex' || type === 'base64' ? `decode(m."${name}", '${type}')` : `m."${name}"`
    return `${value} as "${columnOf(ROW_TABLES[kind], name)}"`
  })
  const names = list.map(({ name }) => `"${name}"`).join(', ')
  return sql`(select ${sql.raw(columns.join(', '))}, m.ordinal
    from rows from (jsonb_to_recordset(${formatJson(rows)}::jsonb) as (${sql.raw(types.join(', '))}))
    with ordinality as m (${sql.raw(names)}, ordinal))`
}

const PARSED_TYPES: Readonly<Record<NamedType, string>> = {
  id: 'text',
  text: 'text',
  instant: 'bigint',
  integer: 'integer',
  bigint: 'bigint',
  decimal: 'numeric',
  double: 'double precision',
  boolean: 'boolean',
  quantities: 'jsonb',
  json: 'jsonb',
  texts: 'text[]',
  hex: 'text',
  base64: 'text',
}

/** Returns the names of the columns that lines have, quoted. */
export function columnsOfKind(kind: RowKind): readonly string[] {
  return (ROW_KINDS[kind] as readonly Member[]).map(({ name }) => `"${columnOf(ROW_TABLES[kind], name)}"`)
}
