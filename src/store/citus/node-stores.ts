import { Connections } from '../connections.ts'
import { type Guard, openGuard, type StoreOptions } from '../guard.ts'
import type { ReportQueries, ReportStore } from '../report-store.ts'
import type { SqlStateMeaning } from '../sqlstates.ts'
import { EventIds } from './event-ids.ts'
import { type NodeAddress, nodeAddress } from './node-address.ts'
import { type CurrentNode, nodeDatabase } from './node-database.ts'
import { NodeWriterList, type NodeWriters } from './node-writers.ts'
import type { ClusterNode } from './sharding.ts'

export interface NodeEvents {
  /** A node lacks a shard that it had. */
  readonly onShardsMissing: () => void
  /** A node cannot be reached: its address may have changed. */
  readonly onLost: () => void
  readonly onWritten: () => void
}

interface OpenNode {
  readonly guard: Guard<ReportQueries>
  readonly connections: Connections<ReportQueries>
  readonly current: CurrentNode
}

/**
 * Writes reports on the nodes that have the players' rows, each with connections, a queue and a circuit breaker of its own: a lost node
 * keeps the others' players from nothing.
 */
export class NodeStores {
  readonly #options: StoreOptions
  readonly #events: NodeEvents
  readonly #eventIds: EventIds
  readonly #writers: NodeWriterList
  readonly #open = new Map<string, OpenNode>()

  constructor(options: StoreOptions, events: NodeEvents) {
    this.#options = options
    this.#events = events
    this.#eventIds = new EventIds(options.connectionString)
    this.#writers = new NodeWriterList(options.connectionString)
  }

  of(node: ClusterNode): ReportStore {
    const address = nodeAddress(this.#options.connectionString, node.address)
    const open = this.#open.get(address) ?? this.#openNode(address, node)
    open.current.node = node
    return open.guard
  }

  writersOn(nodes: readonly NodeAddress[]): Promise<NodeWriters> {
    return this.#writers.of(nodes)
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(close))
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
      if (meaning === 'unavailable') onLost()
    }
    const open = { guard: openGuard(connections, options, onFailed, onWritten), connections, current }
    this.#open.set(connectionString, open)
    return open
  }
}

async function close({ guard, connections }: OpenNode): Promise<void> {
  guard.breaker.shutdown()
  await connections.close()
}
