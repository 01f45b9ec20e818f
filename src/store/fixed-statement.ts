import { CompiledQuery, type Kysely, type QueryResult } from 'kysely'
import type { Sharding } from './citus/sharding.ts'
import type { Tables } from './schema.ts'

type Value = string | number | bigint | boolean | undefined

/**
 * The columns of a table of values, by name. Values of `jsonb` and `json` are JSON texts, none undefined; a `json` column has
 * the type `text` in the table.
 */
export type Columns = Readonly<Record<string, readonly [type: string, values: readonly Value[]]>>

interface ValueTable {
  readonly alias: string
  readonly columns: Columns
}

interface Fragment {
  readonly fragment: string
  /** Whether only statements for a cluster have it. */
  readonly isOfCluster?: boolean
}

interface PlayerCondition {
  readonly column: string
  readonly playerIds: readonly string[]
}

interface IdCondition {
  readonly lowestId: bigint
}

type Part = ValueTable | Fragment | PlayerCondition | IdCondition | string | number | bigint

/** By template: without a cluster, and on one. */
const texts = {
  one: new WeakMap<TemplateStringsArray, string>(),
  cluster: new WeakMap<TemplateStringsArray, string>(),
}

/**
 * Returns a statement whose text is built once for each template. Fragments and the columns of tables must be the same each
 * time; other parts are values. On the hot path, building a long text each time would take longer than the values.
 */
export function fixed<Row>(template: TemplateStringsArray, ...groups: readonly (Part | readonly Part[])[]) {
  const parts = groups.flat()
  const cache = parts.some(isOfCluster) ? texts.cluster : texts.one
  const text = cache.get(template) ?? textOf(template, groups)
  cache.set(template, text)
  const values: unknown[] = []
  for (const part of parts) {
    if (typeof part !== 'object') values.push(part)
    else if ('playerIds' in part) values.push(arrayText('text', [...new Set(part.playerIds)]))
    else if ('lowestId' in part) values.push(part.lowestId)
    else if ('columns' in part) {
      for (const name in part.columns) values.push(arrayText(...(part.columns[name] as Columns[string])))
    }
  }
  return {
    execute: (db: Kysely<Tables>): Promise<QueryResult<Row>> =>
      db.executeQuery<Row>(CompiledQuery.raw(text, values)),
  }
}

function isOfCluster(part: Part): boolean {
  return (
    typeof part === 'object' &&
    ('playerIds' in part || 'lowestId' in part || ('isOfCluster' in part && part.isOfCluster === true))
  )
}

const TRUE: Fragment = { fragment: 'true' }

/** As `ofPlayers` of `sharding.ts`. */
export function fixedOfPlayers(
  { isDistributed }: Sharding,
  column: string,
  playerIds: readonly string[],
): Fragment | PlayerCondition {
  return isDistributed ? { column, playerIds } : TRUE
}

/** Ends the condition of a lookup by request id: on a cluster, leaves out the partitions of expired ones. */
export function fixedUnexpired(lowestId: bigint | undefined): Fragment | IdCondition {
  return lowestId === undefined ? TRUE : { lowestId }
}

/** Returns a part of a statement's text. */
export function fragment(text: string): Fragment {
  return { fragment: text }
}

/** As `fragment`, for statements that have another fragment without a cluster. */
export function clusterFragment(text: string): Fragment {
  return { fragment: text, isOfCluster: true }
}

/**
 * Returns a table of values, with an array parameter for each column: Postgres reads arrays much faster than JSON, and
 * several `unnest` in a select list faster than in a `from`, where it would materialize each.
 */
export function table(alias: string, columns: Columns): ValueTable {
  return { alias, columns }
}

function textOf(template: TemplateStringsArray, groups: readonly (Part | readonly Part[])[]): string {
  let count = 0
  const next = () => {
    count += 1
    return `$${count}`
  }
  const written = groups.map((group) => [group].flat().map(write).join(''))
  return String.raw({ raw: template }, ...written)

  function write(part: Part): string {
    if (typeof part !== 'object') return next()
    if ('fragment' in part) return part.fragment
    if ('lowestId' in part) return `id >= ${next()}::bigint`
    if ('playerIds' in part) return `${part.column} = any(${next()}::text[])`
    const unnested = Object.entries(part.columns).map(
      ([name, [type]]) => `unnest(${arrayOf(type, next())}) as ${name}`,
    )
    return `(select ${unnested.join(', ')}) as ${part.alias}`
  }
}

/** Separates JSON texts, in which control characters are escaped. */
const BETWEEN = '\u0001'

function arrayOf(type: string, parameter: string): string {
  if (type !== 'json' && type !== 'jsonb') return `${parameter}::${type}[]`
  return `string_to_array(${parameter}::text, E'\\x01')::${type === 'json' ? 'text' : type}[]`
}

/** Characters to escape in an array literal. */
const SPECIAL = /["\\]/

/** Returns an array literal. Every text is quoted, so it may be empty or `NULL`. JSON would need an escape for each quote. */
function arrayText(type: string, values: readonly Value[]): string {
  if (type === 'json' || type === 'jsonb') return values.join(BETWEEN)
  if (type !== 'text') return `{${values.map((value) => value ?? 'NULL').join()}}`
  if (values.length > 0 && values.every(isPlain)) return `{"${values.join('","')}"}`
  return `{${values.map(elementText).join()}}`
}

function isPlain(value: Value): boolean {
  return typeof value === 'string' && !SPECIAL.test(value)
}

function elementText(value: Value): string {
  return value === undefined ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`
}
