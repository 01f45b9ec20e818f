import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { LaurelError } from '../../model/errors.ts'
import { BEGIN_SNAPSHOT, lockStatement, setForCopy } from '../backup/session.ts'
import { COORDINATOR, nodeAddress } from './node-address.ts'
import { listShards, type ShardPlacement } from './shard-placements.ts'

/** For all locks of a node: shorter than Postgres' `deadlock_timeout`, which would end a transaction of a server. */
const LOCK_TIMEOUT_MILLISECONDS = 500
const RETRY_MILLISECONDS = 200
const CONNECT_MILLISECONDS = 5_000
const STALL_MILLISECONDS = 5_000
const ATTEMPTS_TIMEOUT_MILLISECONDS = 60_000

/** SQLSTATEs query_canceled, deadlock_detected, and undefined_table of a shard that has moved. */
const TO_REPEAT = new Set(['57014', '40P01', '42P01'])

export interface NodeSnapshotsOptions {
  /** To the coordinator. */
  readonly client: pg.ClientBase
  readonly connectionString: string
  readonly tables: readonly string[]
  /** Whether the coordinator's transaction reads other nodes through Citus, whose transactions there get the same snapshot. */
  readonly isThroughCitus: boolean
  readonly signal: AbortSignal
}

/**
 * One snapshot of all nodes of a cluster: a transaction on each. Citus has no such snapshot, so each node takes its own while locks of
 * tables keep writers out. Transactions that write are waited for first. Disposing closes the connections to the workers.
 */
export class NodeSnapshots implements AsyncDisposable {
  readonly #options: NodeSnapshotsOptions
  readonly #clients = new Map<number, pg.ClientBase>()
  readonly #connected: pg.Client[] = []
  #shards: readonly ShardPlacement[]

  private constructor(options: NodeSnapshotsOptions, shards: readonly ShardPlacement[]) {
    this.#options = options
    this.#shards = shards
    this.#clients.set(COORDINATOR, options.client)
  }

  /**
   * @param shards the result of `listShards`
   * @throws LaurelError ABORTED if the writers do not end
   */
  static async open(
    options: NodeSnapshotsOptions,
    shards: readonly ShardPlacement[],
  ): Promise<NodeSnapshots> {
    const snapshots = new NodeSnapshots(options, shards)
    const deadline = performance.now() + ATTEMPTS_TIMEOUT_MILLISECONDS
    try {
      while (!(await snapshots.#tryToOpen())) {
        if (performance.now() > deadline)
          throw new LaurelError(
            'aborted',
            'TOO_MUCH_CONTENTION',
            'transactions have been writing, or shards moving, for more than a minute: try again when they have ended',
          )
        await wait(RETRY_MILLISECONDS, undefined, { signal: options.signal })
      }
      return snapshots
    } catch (error) {
      await snapshots[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The shards whose rows the snapshot has. */
  get shards(): readonly ShardPlacement[] {
    return this.#shards
  }

  /** Returns the connection whose transaction has the snapshot of a node. */
  clientOf(group: number): pg.ClientBase {
    return this.#clients.get(group) as pg.ClientBase
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#connected.map((client) => client.end()))
  }

  /** Returns false if transactions or moves of shards did not end in time. */
  async #tryToOpen(): Promise<boolean> {
    const { client: coordinator, isThroughCitus } = this.#options
    for (const address of this.#shards) if (!this.#clients.has(address.group)) await this.#connect(address)
    const groups = [...new Set([COORDINATOR, ...this.#shards.map(({ group }) => group)])]
    const nodes = groups.map((group) => this.clientOf(group))
    const locks = await Promise.allSettled(groups.map((group) => this.#lock(this.clientOf(group), group)))
    try {
      for (const lock of locks) if (lock.status === 'rejected') throw lock.reason
      for (const client of nodes) await run(client, 'select pg_current_snapshot()')
      if (isThroughCitus) await this.#reachAllNodes()
      for (const client of nodes) {
        await run(client, 'rollback to savepoint writers')
        await setForCopy(client)
      }
      const shards = await listShards(coordinator)
      if (JSON.stringify(shards) === JSON.stringify(this.#shards)) return true
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && TO_REPEAT.has(error.code ?? ''))) throw error
    }
    for (const client of nodes) await run(client, 'rollback')
    this.#shards = await listShards(coordinator)
    return false
  }

  async #connect(address: ShardPlacement): Promise<void> {
    const connectionString = nodeAddress(this.#options.connectionString, address)
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: CONNECT_MILLISECONDS,
      keepAlive: true,
    })
    // A connection that is lost fails the statement that runs.
    client.on('error', () => {})
    this.#connected.push(client)
    await client.connect()
    this.#clients.set(address.group, client)
  }

  /** Begins a transaction that keeps migrations out until its end, and writers until its savepoint. */
  async #lock(client: pg.ClientBase, group: number): Promise<void> {
    const shards = this.#shards.filter((shard) => shard.group === group).map(({ shard }) => shard)
    const distributed = new Set(this.#shards.map(({ table }) => table))
    const tables = group === COORDINATOR ? this.#options.tables : []
    const own = tables.filter((table) => !distributed.has(table))
    for (const statement of [
      BEGIN_SNAPSHOT,
      'set local citus.enable_manual_changes_to_shards = on',
      // Citus would lock a distributed table on all nodes.
      'set local citus.enable_ddl_propagation = off',
      // Each connection of Citus to a node has a snapshot of its own.
      'set local citus.max_adaptive_executor_pool_size = 1',
      `set local statement_timeout = ${LOCK_TIMEOUT_MILLISECONDS}`,
      // These locks block writers: `setForCopy` removes the limit once they are released.
      `set local idle_in_transaction_session_timeout = ${STALL_MILLISECONDS}`,
      lockStatement([...shards, ...tables.map(pg.escapeIdentifier)], 'access share'),
      'savepoint writers',
      lockStatement([...shards, ...own.map(pg.escapeIdentifier)], 'share'),
    ])
      await run(client, statement)
  }

  /** Has Citus begin a transaction on each node that has a shard. */
  async #reachAllNodes(): Promise<void> {
    const tables = new Map(this.#shards.map(({ group, table }) => [group, table]))
    for (const table of new Set(tables.values()))
      await this.#options.client.query(`select from ${pg.escapeIdentifier(table)} limit 1`)
  }
}

/** Runs a statement, and fails without a response in time: the locks on the other nodes block their writers. */
async function run(client: pg.ClientBase, text: string): Promise<void> {
  const query: pg.QueryConfig & { readonly query_timeout: number } = {
    text,
    query_timeout: STALL_MILLISECONDS,
  }
  await client.query(query)
}
