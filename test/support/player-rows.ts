import type pg from 'pg'

/** All rows that name a player, by table. */
export async function rowsOfPlayer(database: pg.Pool, id: string): Promise<Readonly<Record<string, number>>> {
  const tables = await database.query<{ name: string; key: string }>(`
    select table_name as name, column_name as key from information_schema.columns
    where table_schema = current_schema() and (column_name = 'player_id' or (table_name, column_name) = ('players', 'id'))
      and not (select relispartition from pg_class where oid = table_name::regclass)`)
  const found: [string, number][] = []
  for (const { name, key } of tables.rows) {
    const { rowCount } = await database.query(`select 1 from ${name} where ${key} = $1`, [id])
    if (rowCount) found.push([name, rowCount])
  }
  return Object.fromEntries(found)
}
