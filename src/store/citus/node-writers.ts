import type pg from 'pg'
import { type NodeAddress, nodeAddress } from './node-address.ts'
import { openSidePool } from './side-pool.ts'

/** The lock that a transaction of a node holds from before it takes ids of events until it ends. */
export const DIRECT_WRITER = 5_108_210_374

const TIMEOUTS = { connectionTimeoutMillis: 2_000, query_timeout: 2_000 }

/** The writes of transactions on nodes that may still commit. */
export interface NodeWriters {
  /** Transactions that may commit an event whose id is taken. */
  readonly ids: readonly string[]
  /** Whether some are prepared: their coordinator may be asked to complete them. */
  readonly arePrepared: boolean
}

interface WriterRow {
  readonly open: readonly string[]
  readonly prepared: readonly string[]
}

const LIST = {
  name: 'laurel-node-writers',
  text: `select array(
      select virtualtransaction from pg_locks where locktype = 'advisory' and granted
        and database = (select oid from pg_database where datname = current_database())
        and (classid::bigint << 32) + objid::bigint = ${DIRECT_WRITER}
    ) as open, array(select gid from pg_prepared_xacts where database = current_database()) as prepared`,
}

/** A writer that is never found again: the node may have prepared transactions. */
const UNREACHABLE: WriterRow = { open: ['unreachable'], prepared: [] }

/**
 * Lists the transactions of nodes that may still write an event whose id is taken:
 * - Transactions that write reports on the node itself.
 * - Prepared transactions. The coordinator holds its locks until each node has committed; but if a node is lost in between, the transaction is
 *   committed there only when the node is back.
 *
 * It keeps a connection to each node. The functions of Citus that run a command on all nodes open new ones each time, which took more CPU
 * than the reports.
 */
export class NodeWriterList {
  readonly #connectionString: string
  readonly #pools = new Map<string, pg.Pool>()

  constructor(connectionString: string) {
    this.#connectionString = connectionString
  }

  async of(nodes: readonly NodeAddress[]): Promise<NodeWriters> {
    const found = await Promise.all(
      nodes.map(async (node) => {
        const { open, prepared } = await this.#on(node).catch(() => UNREACHABLE)
        return { open: open.map((id) => `${node.host}:${node.port} ${id}`), prepared }
      }),
    )
    return {
      ids: found.flatMap(({ open, prepared }) => [...open, ...prepared]),
      arePrepared: found.some(({ prepared }) => prepared.length > 0),
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()))
  }

  async #on(node: NodeAddress): Promise<WriterRow> {
    const connectionString = nodeAddress(this.#connectionString, node)
    const pool = this.#pools.get(connectionString) ?? openSidePool({ connectionString, max: 1, ...TIMEOUTS })
    this.#pools.set(connectionString, pool)
    const { rows } = await pool.query<WriterRow>(LIST)
    return rows[0] as WriterRow
  }
}
