import { type RawBuilder, sql } from 'kysely'
import type pg from 'pg'
import { mayBeDistributed } from './cluster-nodes.ts'
import { type ClusterStatement, localStatements, renamed } from './local-statement.ts'
import type { NodeAddress } from './node-address.ts'
import { readOldestRequest } from './partitions.ts'
import { textHash } from './text-hash.ts'

/** Which players' rows one statement may read or write together. */
export interface Sharding {
  /** Whether the tables of players are spread over the nodes of a Citus cluster. */
  readonly isDistributed: boolean
  /**
   * The lowest id that an event or response with an unexpired request id can have: lookups of request ids leave out the partitions below.
   * It may be lower than it could be. Undefined without a cluster.
   */
  readonly oldestRequest: bigint | undefined
  /** Returns a statement as the database runs it. */
  readonly statementOf: (text: string) => ClusterStatement
  /**
   * Splits items by the shard of their player, in the order of shards: transactions that lock rows of several shards take them in one
   * order. The items of a shard stay in their order. One group without a cluster; none without items.
   */
  groups<Item>(items: readonly Item[], playerOf: (item: Item) => string): readonly (readonly Item[])[]
  /** Returns the node that has a player's rows; undefined without a cluster, or if the node cannot take statements itself. */
  nodeOf(playerId: string): ClusterNode | undefined
}

/** A node, with the shards of players that it has. */
export interface ClusterNode {
  readonly address: NodeAddress
  readonly shards: readonly NodeShard[]
  readonly oldestRequest: bigint
  /** Returns the shard of a player; undefined if another node has it. */
  shardOf(playerId: string): NodeShard | undefined
}

export interface NodeShard {
  /** Of the table of players. The other tables' shards are where it is. */
  readonly id: bigint
  /** Returns a statement with the names of the shard's tables. */
  readonly statementOf: (text: string) => string
}

export const ONE_DATABASE: Sharding = {
  isDistributed: false,
  oldestRequest: undefined,
  statementOf: (text) => ({ text, writesCopies: false }),
  groups: (items) => (items.length === 0 ? [] : [items]),
  nodeOf: () => undefined,
}

/** Reads one result for each item, group by group, and returns the results in the order of the items. */
export async function readInOrder<Item, Group extends { readonly group: readonly Item[] }, Result>(
  items: readonly Item[],
  groups: readonly Group[],
  read: (group: Group) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  const results = new Map<Item, Result>()
  for (const group of groups) {
    const found = await read(group)
    for (const [index, item] of group.group.entries()) results.set(item, found[index] as Result)
  }
  return items.map((item) => results.get(item) as Result)
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
  readonly oldestRequest: bigint
  readonly statementOf: Sharding['statementOf']
  /** The lowest hash of each shard, ascending. */
  readonly #minimums: readonly number[]
  /** By shard. */
  readonly #nodes: readonly (ClusterNode | undefined)[]

  constructor(placements: readonly PlayerShard[], tables: readonly ClusterTable[], oldestRequest: bigint) {
    this.oldestRequest = oldestRequest
    this.#minimums = placements.map(({ minimum }) => minimum)
    const copies = new Map(tables.flatMap(({ name, copy }) => (copy === null ? [] : [[name, copy] as const])))
    this.statementOf = localStatements({
      sharded: tables.filter((table) => table.copy === null).map(({ name }) => name),
      copies,
    })
    const shards = placements.map(({ id, tables: names }) => ({
      id,
      statementOf: renamed(new Map([...copies, ...Object.entries(names)])),
    }))
    const nodes = new Map<number, ClusterNode>()
    for (const { group, host, port, isSynced } of placements) {
      if (!isSynced || nodes.has(group)) continue
      const isHere = (index: number) => placements[index]?.group === group
      nodes.set(group, {
        address: { group, host, port },
        shards: shards.filter((_, index) => isHere(index)),
        oldestRequest,
        shardOf: (playerId) => {
          const index = this.#shardOf(playerId)
          return isHere(index) ? shards[index] : undefined
        },
      })
    }
    this.#nodes = placements.map(({ group }) => nodes.get(group))
  }

  groups<Item>(items: readonly Item[], playerOf: (item: Item) => string): readonly (readonly Item[])[] {
    const byShard = Map.groupBy(items, (item) => this.#shardOf(playerOf(item)))
    return [...byShard].sort(([left], [right]) => left - right).map(([, group]) => group)
  }

  nodeOf(playerId: string): ClusterNode | undefined {
    return this.#nodes[this.#shardOf(playerId)]
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
  /** The name of each node's copy; null for a sharded table. */
  readonly copy: string | null
}

/** A shard of the players, with the node that has it. */
interface PlayerShard {
  readonly id: bigint
  readonly minimum: number
  readonly group: number
  readonly host: string
  readonly port: number
  /** Whether the node has the metadata of shards. */
  readonly isSynced: boolean
  /** The names of the shards beside it, by table. */
  readonly tables: Readonly<Record<string, string>>
}

/** Reads how the players of a database are sharded. */
export async function readSharding(client: pg.ClientBase): Promise<Sharding> {
  if (!(await mayBeDistributed(client))) return ONE_DATABASE
  const shards = await client.query<PlayerShard>(
    `select s.shardid as id, s.shardminvalue::integer as minimum, n.groupid as group, n.nodename as host, n.nodeport as port,
      n.metadatasynced or n.groupid = 0 as "isSynced", (
        select json_object_agg(o.logicalrelid::regclass, shard_name(o.logicalrelid, o.shardid))
        from pg_dist_shard o join pg_dist_partition q on q.logicalrelid = o.logicalrelid
        join pg_class c on c.oid = o.logicalrelid and not c.relispartition
        where q.partmethod = 'h' and q.colocationid = p.colocationid and o.shardminvalue = s.shardminvalue
      ) as tables
    from pg_dist_shard s
    join pg_dist_partition p on p.logicalrelid = s.logicalrelid
    join pg_dist_placement d on d.shardid = s.shardid
    join pg_dist_node n on n.groupid = d.groupid and n.noderole = 'primary'
    where s.logicalrelid = 'players'::regclass and p.partmethod = 'h'
    order by 2`,
  )
  if (shards.rows.length === 0) return ONE_DATABASE
  const tables = await client.query<ClusterTable>(
    `select logicalrelid::regclass::text as name, case when repmodel = 't' then (
        select format('%s_%s', logicalrelid::regclass, shardid) from pg_dist_shard s where s.logicalrelid = p.logicalrelid) end as copy
    from pg_dist_partition p join pg_class c on c.oid = logicalrelid and not c.relispartition
    where partmethod = 'h' or repmodel = 't'`,
  )
  return new Shards(shards.rows, tables.rows, await readOldestRequest(client))
}
