import { Connections } from '../connections.ts'
import { type Guard, openGuard, type StoreOptions } from '../guard.ts'
import type { ReportQueries, ReportStore } from '../report-store.ts'
import type { SqlStateMeaning } from '../sqlstates.ts'
import { EventIds } from './event-ids.ts'
import { type CurrentNode, nodeDatabase } from './node-database.ts'
import { type ListNodeWriters, NodeWriterList } from './node-writers.ts'
import { PerNode } from './per-node.ts'
import type { ClusterNode } from './sharding.ts'

export interface NodeEvents {
  /** A node lacks a shard that it had. */
  readonly onShardsMissing: () => void
  /** A node cannot be reached, or is a standby now: its address may have changed. */
  readonly onLost: () => void
  /** The coordinator gives no ids of events. */
  readonly onCoordinatorFailed: (meaning: SqlStateMeaning | undefined) => void
  readonly onWritten: () => void
}

interface OpenNode {
  readonly guard: Guard<ReportQueries>
  readonly connections: Connections<ReportQueries>
  readonly current: CurrentNode
}

/**
 * Writes reports on the nodes that have the players' rows, each with connections, a queue and a circuit breaker of its own:
 * players of other nodes are served while one is lost.
 */
export class NodeStores {
  readonly #options: StoreOptions
  readonly #events: NodeEvents
  readonly #eventIds: EventIds
  readonly #writers: NodeWriterList
  readonly #open: PerNode<OpenNode>
  readonly #stores = new WeakMap<ClusterNode, ReportStore>()

  constructor(options: StoreOptions, events: NodeEvents) {
    this.#options = options
    this.#events = events
    this.#eventIds = new EventIds(options.connectionString, events.onCoordinatorFailed)
    this.#writers = new NodeWriterList(options.connectionString)
    this.#open = new PerNode(options.connectionString, close)
  }

  of(node: ClusterNode): ReportStore {
    const known = this.#stores.get(node)
    if (known !== undefined) return known
    const open = this.#open.of(node.address, (connectionString) => this.#openNode(connectionString, node))
    open.current.node = node
    this.#stores.set(node, open.guard)
    return open.guard
  }

  /** Calls that wait for a connection to a node. */
  get waiting(): number {
    return this.#open.all.reduce((sum, { guard }) => sum + guard.waiting, 0)
  }

  readonly listWriters: ListNodeWriters = (nodes) => this.#writers.of(nodes)

  async close(): Promise<void> {
    await this.#open.close()
    await this.#eventIds.close()
    await this.#writers.close()
  }

  #openNode(connectionString: string, node: ClusterNode): OpenNode {
    const current = { node }
    const { onMode: _, ...options } = { ...this.#options, connectionString }
    const { onShardsMissing, onLost, onWritten } = this.#events
    const connections = new Connections(options, async () =>
      nodeDatabase(current, this.#eventIds, onShardsMissing),
    )
    const onFailed = (meaning: SqlStateMeaning | undefined) => {
      if (meaning === 'unavailable' || meaning === 'read_only') onLost()
    }
    return { guard: openGuard(connections, options, onFailed, onWritten), connections, current }
  }
}

async function close({ guard, connections }: OpenNode): Promise<void> {
  guard.breaker.shutdown()
  await connections.close()
}
