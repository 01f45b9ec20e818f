import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { COORDINATOR } from '../citus/node-address.ts'
import { NodeSnapshots } from '../citus/node-snapshots.ts'
import { readOldestRequest } from '../citus/partitions.ts'
import type { ShardPlacement } from '../citus/shard-placements.ts'
import { BEGIN_SNAPSHOT, lockStatement, setForCopy } from './session.ts'

interface SnapshotOptions {
  /** To the coordinator of a cluster. */
  readonly client: pg.Client
  readonly connectionString: string
  readonly tables: readonly string[]
  readonly signal: AbortSignal
}

/** One snapshot of all tables. Disposing closes the connections to the nodes of a cluster. */
export interface Snapshot extends AsyncDisposable {
  /** Yields rows in COPY's text format. */
  rows(table: string, columns: readonly string[]): AsyncIterable<Buffer>
}

/** Begins a transaction, whose first other statement takes the snapshot, or takes that of all nodes. */
export async function openSnapshot(
  options: SnapshotOptions,
  shards: readonly ShardPlacement[],
): Promise<Snapshot> {
  const { client, tables } = options
  if (shards.length > 0) {
    const nodes = await NodeSnapshots.open({ ...options, isThroughCitus: false }, shards)
    return new ClusterSnapshot(nodes)
  }
  await client.query(BEGIN_SNAPSHOT)
  // Before the snapshot, which the first other statement takes: it would see the rows of a table that was rewritten later as deleted.
  await client.query(lockStatement(tables.map(pg.escapeIdentifier), 'access share'))
  await setForCopy(client)
  return {
    rows: (table, columns) => copy(client, `${pg.escapeIdentifier(table)} (${listOf(columns)})`),
    async [Symbol.asyncDispose]() {},
  }
}

/** The rows of shards are read without Citus. */
class ClusterSnapshot implements Snapshot {
  readonly #nodes: NodeSnapshots
  #oldestRequest: Promise<bigint> | undefined

  constructor(nodes: NodeSnapshots) {
    this.#nodes = nodes
  }

  async *rows(table: string, columns: readonly string[]): AsyncGenerator<Buffer> {
    const shards = this.#nodes.shards.filter((shard) => shard.table === table)
    const sources = shards.length > 0 ? shards : [{ group: COORDINATOR, shard: pg.escapeIdentifier(table) }]
    this.#oldestRequest ??= readOldestRequest(this.#nodes.clientOf(COORDINATOR))
    const oldestRequest = await this.#oldestRequest
    for (const { shard, group } of sources)
      yield* copy(this.#nodes.clientOf(group), `(${select(table, shard, columns, oldestRequest)})`)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#nodes[Symbol.asyncDispose]()
  }
}

/** Selects what one Postgres can have: its keys hold for all partitions together, and an expired request id may be used again. */
function select(table: string, shard: string, columns: readonly string[], oldestRequest: bigint): string {
  if (table === 'player_requests') {
    const key = 'player_id, request_id, caller'
    return `select distinct on (${key}) ${listOf(columns)} from ${shard} order by ${key}, create_time`
  }
  const values = columns.map((column) =>
    table === 'events' && column === 'request_key'
      ? `case when id >= ${oldestRequest} then request_key end`
      : pg.escapeIdentifier(column),
  )
  return `select ${values.join(', ')} from ${shard}`
}

async function* copy(client: pg.ClientBase, source: string): AsyncGenerator<Buffer> {
  yield* client.query(copyTo(`copy ${source} to stdout`))
}

function listOf(columns: readonly string[]): string {
  return columns.map(pg.escapeIdentifier).join(', ')
}
