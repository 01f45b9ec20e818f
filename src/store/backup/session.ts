import type pg from 'pg'

/** Settings of the operator or of the URL that would end a long transaction. Not all versions of Postgres have all. */
const TIMEOUTS = [
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
]
/** Settings that change the text of values: doubles would lose digits, and large values would be read with another encoding. */
const FORMATS = { extra_float_digits: '1', bytea_output: 'hex', client_encoding: 'UTF8', DateStyle: 'ISO' }

export const BEGIN_SNAPSHOT = 'begin isolation level repeatable read read only'

export function lockStatement(tables: readonly string[], mode: string): string {
  return `lock table ${tables.join(', ')} in ${mode} mode`
}

/** Sets what a transaction of COPY statements needs, until its end. */
export async function setForCopy(client: pg.ClientBase): Promise<void> {
  await client.query('select set_config(name, $1, true) from pg_settings where name = any($2)', [
    '0',
    TIMEOUTS,
  ])
  for (const [name, value] of Object.entries(FORMATS))
    await client.query('select set_config($1, $2, true)', [name, value])
}

/**
 * Returns the tables of the list that exist in the schema, in its order, each with its columns, without the id that partitions responses
 * on a cluster.
 */
export async function existingTables(
  client: pg.ClientBase,
  names: readonly string[],
): Promise<readonly { readonly name: string; readonly columns: readonly string[] }[]> {
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and c.relname = any($1)
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and (c.relname, a.attname) <> ('player_requests', 'id')
     group by c.relname`,
    [names],
  )
  return names.flatMap((name) => rows.filter((row) => row.name === name))
}

/** Returns the last assigned id of an event. */
export async function lastEventId(client: pg.ClientBase): Promise<bigint> {
  const { rows } = await client.query<{ id: string }>(
    'select case when is_called then last_value else 0 end as id from events_id_seq',
  )
  return BigInt(rows[0]?.id ?? 0)
}
