import type pg from 'pg'
import { mayBeDistributed } from './cluster-nodes.ts'
import type { NodeAddress } from './node-address.ts'

/** A table of a node with rows of a table of the schema. */
export interface ShardPlacement extends NodeAddress {
  readonly table: string
  /** As in SQL. */
  readonly shard: string
}

/**
 * Returns the shards of a cluster's tables: of a copied table the coordinator's copy, and of a partitioned one no partition. None without a
 * cluster, or before its tables are distributed.
 */
export async function listShards(client: pg.ClientBase): Promise<readonly ShardPlacement[]> {
  if (!(await mayBeDistributed(client))) return []
  const { rows } = await client.query<ShardPlacement>(
    `select c.relname as table, shard_name(c.oid, s.shardid) as shard, n.groupid as group, n.nodename as host, n.nodeport as port
    from pg_dist_partition p
    join pg_class c on c.oid = p.logicalrelid and not c.relispartition and c.relnamespace = current_schema()::regnamespace
    join pg_dist_shard s on s.logicalrelid = c.oid
    join pg_dist_placement d on d.shardid = s.shardid and (p.repmodel <> 't' or d.groupid = 0)
    join pg_dist_node n on n.groupid = d.groupid and n.noderole = 'primary'
    order by s.shardid`,
  )
  return rows
}
