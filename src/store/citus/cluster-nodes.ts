import type pg from 'pg'
import type { NodeAddress } from './node-address.ts'

/** A node of a cluster, as it is registered at the coordinator. */
export interface RegisteredNode extends NodeAddress {
  readonly isActive: boolean
  /** Whether it stores shards of players. */
  readonly hasShards: boolean
}

/** Returns the primary nodes of the cluster, with the coordinator; none if the tables are not distributed. */
export async function listRegisteredNodes(client: pg.ClientBase): Promise<readonly RegisteredNode[]> {
  const { rows: found } = await client.query(
    "select from pg_extension where extname = 'citus' and to_regclass('players') is not null",
  )
  if (found.length === 0) return []
  const { rows } = await client.query<RegisteredNode>(
    `select groupid as group, nodename as host, nodeport as port, isactive or groupid = 0 as "isActive", exists (
        select from pg_dist_shard s join pg_dist_placement d using (shardid)
        where s.logicalrelid = 'players'::regclass and d.groupid = n.groupid
      ) as "hasShards"
    from pg_dist_node n
    where noderole = 'primary' and exists (select from pg_dist_shard where logicalrelid = 'players'::regclass)
    order by nodeid`,
  )
  return rows
}
