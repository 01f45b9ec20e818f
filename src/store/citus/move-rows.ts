import { type Kysely, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Tables } from '../schema.ts'

interface Move {
  readonly table: keyof Tables
  /** The other columns of the table. */
  readonly columns: readonly string[]
  readonly from: string
  readonly to: string
  /** Of the rows that are moved. */
  readonly condition?: RawBuilder<SqlBool>
}

/**
 * Moves rows from one player to another, whose shard may be on another node: Citus supports no update of the column that chooses the
 * shard. A row that the other player has already stays, and replaces the moved one.
 */
export async function moveRows(
  db: Kysely<Tables>,
  { table, columns, from, to, condition = sql`true` }: Move,
): Promise<void> {
  const others = sql.join(columns.map((column) => sql.ref(column)))
  const isMoved = sql`player_id = ${from} and ${condition}`
  await sql`
    insert into ${sql.table(table)} (player_id, ${others})
    select ${to}::text, ${others} from ${sql.table(table)} where ${isMoved}
    on conflict do nothing`.execute(db)
  await sql`delete from ${sql.table(table)} where ${isMoved}`.execute(db)
}
