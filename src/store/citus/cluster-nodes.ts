import type pg from 'pg'
import type { NodeAddress } from './node-address.ts'

/** A node of a cluster, as it is registered at the coordinator. */
export interface RegisteredNode extends NodeAddress {
  readonly isActive: boolean
  /** Whether it stores shards of players. */
  readonly hasShards: boolean
}

/** Returns whether there may be distributed tables: Citus and the tables are there, so its catalogs can be asked about them. */
export async function mayBeDistributed(client: pg.ClientBase): Promise<boolean> {
  const { rows } = await client.query(
    "select from pg_extension where extname = 'citus' and to_regclass('players') is not null",
  )
  return rows.length > 0
}

/** Returns the primary nodes of the cluster, with the coordinator; none if the tables are not distributed. */
export async function listRegisteredNodes(client: pg.ClientBase): Promise<readonly RegisteredNode[]> {
  if (!(await mayBeDistributed(client))) return []
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
