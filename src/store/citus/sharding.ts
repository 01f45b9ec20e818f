import { type RawBuilder, sql } from 'kysely'
import type pg from 'pg'
import { type ClusterStatement, localStatements } from './local-statement.ts'
import { textHash } from './text-hash.ts'

/** Which players' rows one statement may read or write together. */
export interface Sharding {
  /** Whether the tables of players are spread over the nodes of a Citus cluster. */
  readonly isDistributed: boolean
  /** Returns a statement as the database runs it. */
  readonly statementOf: (text: string) => ClusterStatement
  /**
   * Splits items by the shard of their player, in the order of shards: transactions that lock rows of several shards take them in one
   * order. The items of a shard stay in their order. One group without a cluster; none without items.
   */
  groups<Item>(items: readonly Item[], playerOf: (item: Item) => string): readonly (readonly Item[])[]
}

export const ONE_DATABASE: Sharding = {
  isDistributed: false,
  statementOf: (text) => ({ text, writesCopies: false }),
  groups: (items) => (items.length === 0 ? [] : [items]),
}

/** Runs a statement for each group of items that may be in one statement, and returns all rows. */
export async function forEachGroup<Item, Row>(
  sharding: Sharding,
  items: readonly Item[],
  playerOf: (item: Item) => string,
  run: (items: readonly Item[]) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  const groups = sharding.groups(items, playerOf)
  const [first] = groups
  if (first === undefined) return []
  if (groups.length === 1) return run(first)
  const rows: Row[] = []
  // One after the other: they are in one transaction.
  for (const group of groups) rows.push(...(await run(group)))
  return rows
}

/**
 * Returns the condition that tells Citus the shard of a table's rows, to be joined with `and`. Citus does not conclude it from a join
 * with the players. Without a cluster it is always true, and the planner removes it.
 */
export function ofPlayers(
  { isDistributed }: Sharding,
  column: string,
  playerIds: readonly string[],
): RawBuilder<unknown> {
  return isDistributed ? sql`${sql.ref(column)} = any(${[...new Set(playerIds)]}::text[])` : sql`true`
}

class Shards implements Sharding {
  readonly isDistributed = true
  readonly statementOf: Sharding['statementOf']
  /** The lowest hash of each shard, ascending. */
  readonly #minimums: readonly number[]

  constructor(minimums: readonly number[], tables: readonly ClusterTable[]) {
    this.#minimums = minimums
    this.statementOf = localStatements({
      sharded: tables.filter((table) => table.copy === null).map(({ name }) => name),
      copies: new Map(tables.flatMap(({ name, copy }) => (copy === null ? [] : [[name, copy] as const]))),
    })
  }

  groups<Item>(items: readonly Item[], playerOf: (item: Item) => string): readonly (readonly Item[])[] {
    const byShard = Map.groupBy(items, (item) => this.#shardOf(playerOf(item)))
    return [...byShard].sort(([left], [right]) => left - right).map(([, group]) => group)
  }

  #shardOf(playerId: string): number {
    const hash = textHash(playerId)
    let [low, high] = [0, this.#minimums.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#minimums[middle] as number) <= hash) low = middle
      else high = middle - 1
    }
    return low
  }
}

interface ClusterTable {
  readonly name: string
  /** The coordinator's copy; null for a sharded table. */
  readonly copy: string | null
}

/** Reads how the players of a database are sharded. */
export async function readSharding(client: pg.ClientBase): Promise<Sharding> {
  const { rows } = await client.query<{ found: boolean }>(
    "select exists (select from pg_extension where extname = 'citus') as found",
  )
  if (!rows[0]?.found) return ONE_DATABASE
  const shards = await client.query<{ minimum: number }>(
    "select shardminvalue::integer as minimum from pg_dist_shard where logicalrelid = to_regclass('players') order by 1",
  )
  if (shards.rows.length === 0) return ONE_DATABASE
  const tables = await client.query<ClusterTable>(
    `select logicalrelid::regclass::text as name, case when repmodel = 't' then (
        select format('%s_%s', logicalrelid::regclass, shardid) from pg_dist_shard s where s.logicalrelid = p.logicalrelid) end as copy
    from pg_dist_partition p where partmethod = 'h' or repmodel = 't'`,
  )
  return new Shards(
    shards.rows.map(({ minimum }) => minimum),
    tables.rows,
  )
}
