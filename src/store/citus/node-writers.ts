import type pg from 'pg'
import type { OpenWriters } from '../events/open-writers.ts'
import type { NodeAddress } from './node-address.ts'
import { PerNode } from './per-node.ts'
import { openSidePool } from './side-pool.ts'

/** The lock that a transaction of a node holds from before it takes ids of events until it ends. */
export const DIRECT_WRITER = 5_108_210_374

const TIMEOUTS = { connectionTimeoutMillis: 2_000, query_timeout: 2_000 }

/** Returns the writers of nodes; undefined if a node cannot be asked. */
export type ListNodeWriters = (nodes: readonly NodeAddress[]) => Promise<OpenWriters | undefined>

const LIST = {
  name: 'laurel-node-writers',
  text: `select array(
      select virtualtransaction from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32) + objid::bigint = ${DIRECT_WRITER}
      union all
      select 'commit ' || backend_xid from pg_stat_activity
      where datname = current_database() and application_name like 'citus_internal%' and state = 'active' and query ilike 'commit%'
        and backend_xid is not null
    ) as writers, array(select gid from pg_prepared_xacts where database = current_database()) as prepared`,
}

/**
 * Lists the transactions of nodes that may still write an event whose id is taken:
 * - Transactions that write reports on the node itself.
 * - Transactions of the coordinator whose COMMIT the node is running. If the connection is lost meanwhile, the coordinator's locks are
 *   released before the commit has ended.
 * - Prepared transactions. The coordinator holds its locks until each node has committed; but if a node is lost in between, the transaction is
 *   committed there only when the node is back.
 *
 * It keeps a connection to each node. The functions of Citus that run a command on all nodes open new ones each time, which took more CPU
 * than the reports.
 */
export class NodeWriterList {
  readonly #pools: PerNode<pg.Pool>

  constructor(connectionString: string) {
    this.#pools = new PerNode(connectionString, (pool) => pool.end())
  }

  async of(nodes: readonly NodeAddress[]): Promise<OpenWriters | undefined> {
    const found = await Promise.all(nodes.map((node) => this.#on(node).catch(() => undefined)))
    const listed = found.filter((open) => open !== undefined)
    if (listed.length < nodes.length) return undefined
    return {
      writers: listed.flatMap(({ writers }) => writers),
      prepared: listed.flatMap(({ prepared }) => prepared),
    }
  }

  async close(): Promise<void> {
    await this.#pools.close()
  }

  async #on(node: NodeAddress): Promise<OpenWriters> {
    const pool = this.#pools.of(node, (connectionString) =>
      openSidePool({ connectionString, max: 1, ...TIMEOUTS }),
    )
    const { rows } = await pool.query<OpenWriters>(LIST)
    const { writers, prepared } = rows[0] as OpenWriters
    // Transactions of several nodes may have one number. Prepared ones have names of their own.
    return { writers: writers.map((id) => `${node.group} ${id}`), prepared }
  }
}
