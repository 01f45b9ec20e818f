import { CompiledQuery, type Kysely, type QueryResult } from 'kysely'
import type { Tables } from './schema.ts'

type Value = string | number | bigint | boolean | undefined

/**
 * Columns of a table that is made of values: what they are called, their types, and what stands in them. `jsonb` and
 * `json`, which is text in the table, are texts of JSON, and none of them undefined.
 */
export type Columns = Readonly<Record<string, readonly [type: string, values: readonly Value[]]>>

interface ValueTable {
  readonly alias: string
  readonly columns: Columns
}

interface Fragment {
  readonly fragment: string
}

type Part = ValueTable | Fragment | string | number | bigint

/** By their templates. */
const texts = new WeakMap<TemplateStringsArray, string>()

/**
 * A statement whose text is made once, from the template with the fragments and tables in it: they must always be the
 * same. Everything else is a value. On the hot path, to make a long text anew each time, and to find out that it is
 * prepared already, would take longer than to write the values.
 */
export function fixed<Row>(template: TemplateStringsArray, ...parts: readonly Part[]) {
  const text = texts.get(template) ?? textOf(template, parts)
  texts.set(template, text)
  const values: unknown[] = []
  for (const part of parts) {
    if (typeof part !== 'object') values.push(part)
    else if ('columns' in part) {
      for (const name in part.columns) values.push(arrayText(...(part.columns[name] as Columns[string])))
    }
  }
  return {
    execute: (db: Kysely<Tables>): Promise<QueryResult<Row>> =>
      db.executeQuery<Row>(CompiledQuery.raw(text, values)),
  }
}

/** Part of a statement's text. */
export function fragment(text: string): Fragment {
  return { fragment: text }
}

/**
 * A table of values, an array for each column: Postgres reads it much faster than JSON, and side by side in a list of
 * results faster than as the tables of one `from`, which it would keep each by itself first.
 */
export function table(alias: string, columns: Columns): ValueTable {
  return { alias, columns }
}

function textOf(template: TemplateStringsArray, parts: readonly Part[]): string {
  let count = 0
  const next = () => {
    count += 1
    return `$${count}`
  }
  const written = parts.map((part) => {
    if (typeof part !== 'object') return next()
    if ('fragment' in part) return part.fragment
    const unnested = Object.entries(part.columns).map(
      ([name, [type]]) => `unnest(${arrayOf(type, next())}) as ${name}`,
    )
    return `(select ${unnested.join(', ')}) as ${part.alias}`
  })
  return String.raw({ raw: template }, ...written)
}

/** Between texts of JSON, in which no control character stands as itself. */
const BETWEEN = '\u0001'

function arrayOf(type: string, parameter: string): string {
  if (type !== 'json' && type !== 'jsonb') return `${parameter}::${type}[]`
  return `string_to_array(${parameter}::text, E'\\x01')::${type === 'json' ? 'text' : type}[]`
}

/** What would end a text in an array before its time. */
const ODD = /["\\]/

/** An array as Postgres reads it. Every text is quoted, so it may be empty, or say `NULL`; JSON is full of quotes. */
function arrayText(type: string, values: readonly Value[]): string {
  if (type === 'json' || type === 'jsonb') return values.join(BETWEEN)
  if (type !== 'text') return `{${values.map((value) => value ?? 'NULL').join()}}`
  if (values.length > 0 && values.every(isPlain)) return `{"${values.join('","')}"}`
  return `{${values.map(elementText).join()}}`
}

function isPlain(value: Value): boolean {
  return typeof value === 'string' && !ODD.test(value)
}

function elementText(value: Value): string {
  return value === undefined ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`
}
