import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { nodeAddress } from '../citus/node-address.ts'
import { readOldestRequest } from '../citus/partitions.ts'
import { listShards, type ShardPlacement } from '../citus/shard-placements.ts'
import { BackupError } from './format.ts'
import { setForCopy } from './session.ts'

/** For all locks of a node: shorter than Postgres' `deadlock_timeout`, which would end a transaction of a server. */
const LOCK_TIMEOUT_MILLISECONDS = 500
const RETRY_MILLISECONDS = 200
const ATTEMPTS_TIMEOUT_MILLISECONDS = 60_000

/** SQLSTATEs query_canceled, deadlock_detected, and undefined_table of a shard that has moved. */
const TO_REPEAT = new Set(['57014', '40P01', '42P01'])

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
    const snapshot = new ClusterSnapshot(options, shards)
    await snapshot.open()
    return snapshot
  }
  await client.query(BEGIN)
  // Before the snapshot, which the first other statement takes: it would see the rows of a table that was rewritten later as deleted.
  await client.query(lockOf(tables.map(pg.escapeIdentifier), 'access share'))
  await setForCopy(client)
  return {
    rows: (table, columns) => copy(client, `${pg.escapeIdentifier(table)} (${listOf(columns)})`),
    async [Symbol.asyncDispose]() {},
  }
}

/** The transactions of all nodes. The rows of shards are read without Citus. */
class ClusterSnapshot implements Snapshot {
  readonly #options: SnapshotOptions
  #shards: readonly ShardPlacement[]
  /** By group. */
  readonly #clients = new Map<number, pg.Client>()
  #oldestRequest = 0n

  constructor(options: SnapshotOptions, shards: readonly ShardPlacement[]) {
    this.#options = options
    this.#shards = shards
  }

  /** Citus has no snapshot of several nodes, so they are taken while locks keep writers out, which end first. */
  async open(): Promise<void> {
    const deadline = performance.now() + ATTEMPTS_TIMEOUT_MILLISECONDS
    try {
      while (!(await this.#tryToOpen())) {
        if (performance.now() > deadline)
          throw new BackupError(
            'transactions have been writing, or shards moving, for more than a minute: run the backup again when they have ended',
          )
        await wait(RETRY_MILLISECONDS, undefined, { signal: this.#options.signal })
      }
      this.#oldestRequest = await readOldestRequest(this.#options.client)
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
  }

  async *rows(table: string, columns: readonly string[]): AsyncGenerator<Buffer> {
    const shards = this.#shards.filter((shard) => shard.table === table)
    if (shards.length === 0) shards.push({ ...COORDINATOR, table, shard: pg.escapeIdentifier(table) })
    for (const { shard, group } of shards)
      yield* copy(this.#clients.get(group) as pg.Client, `(${this.#select(table, shard, columns)})`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const nodes = [...this.#clients.values()].filter((client) => client !== this.#options.client)
    await Promise.all(nodes.map((client) => client.end()))
  }

  /** Selects what one Postgres can have: its keys hold for all partitions together, and an expired request id may be used again. */
  #select(table: string, shard: string, columns: readonly string[]): string {
    if (table === 'player_requests') {
      const key = 'player_id, request_id, caller'
      return `select distinct on (${key}) ${listOf(columns)} from ${shard} order by ${key}, create_time`
    }
    const values = columns.map((column) =>
      table === 'events' && column === 'request_key'
        ? `case when id >= ${this.#oldestRequest} then request_key end`
        : pg.escapeIdentifier(column),
    )
    return `select ${values.join(', ')} from ${shard}`
  }

  /** Returns false if transactions or moves of shards did not end in time. */
  async #tryToOpen(): Promise<boolean> {
    const { client: coordinator } = this.#options
    const groups = [...Map.groupBy([COORDINATOR, ...this.#shards], ({ group }) => group)]
    const nodes: pg.Client[] = []
    for (const [, [address]] of groups) nodes.push(await this.#connect(address as ShardPlacement))
    const locks = groups.map(([group], index) => this.#lock(nodes[index] as pg.Client, group))
    const failures = (await Promise.allSettled(locks)).filter((result) => result.status === 'rejected')
    for (const { reason } of failures)
      if (!(reason instanceof pg.DatabaseError && TO_REPEAT.has(reason.code ?? ''))) throw reason
    if (failures.length === 0) {
      for (const client of nodes) await client.query('select pg_current_snapshot()')
      for (const client of nodes) {
        await client.query('rollback to savepoint writers')
        await setForCopy(client)
      }
      const shards = await listShards(coordinator)
      if (JSON.stringify(shards) === JSON.stringify(this.#shards)) return true
    }
    for (const client of nodes) await client.query('rollback')
    this.#shards = await listShards(coordinator)
    return false
  }

  async #connect(address: ShardPlacement): Promise<pg.Client> {
    const { client: coordinator, connectionString } = this.#options
    const known = this.#clients.get(address.group)
    if (known !== undefined) return known
    const isHere = address.group === COORDINATOR.group
    const client = isHere
      ? coordinator
      : new pg.Client({ connectionString: nodeAddress(connectionString, address), keepAlive: true })
    this.#clients.set(address.group, client)
    if (!isHere) {
      client.on('error', () => {})
      await client.connect()
    }
    return client
  }

  /** Begins a transaction that keeps migrations out until its end, and writers until its savepoint. */
  async #lock(client: pg.Client, group: number): Promise<void> {
    const shards = this.#shards.filter((shard) => shard.group === group).map(({ shard }) => shard)
    const isSpread = new Set(this.#shards.map(({ table }) => table))
    const tables = group === COORDINATOR.group ? this.#options.tables : []
    const own = tables.filter((table) => !isSpread.has(table))
    for (const statement of [
      BEGIN,
      'set local citus.enable_manual_changes_to_shards = on',
      // Citus would lock a distributed table on all nodes.
      'set local citus.enable_ddl_propagation = off',
      `set local statement_timeout = ${LOCK_TIMEOUT_MILLISECONDS}`,
      lockOf([...shards, ...tables.map(pg.escapeIdentifier)], 'access share'),
      'savepoint writers',
      lockOf([...shards, ...own.map(pg.escapeIdentifier)], 'share'),
    ])
      await client.query(statement)
  }
}

/** Has the tables that are not distributed. */
const COORDINATOR = { group: 0, host: '', port: 0, table: '', shard: '' }
const BEGIN = 'begin isolation level repeatable read read only'

async function* copy(client: pg.Client, source: string): AsyncGenerator<Buffer> {
  yield* client.query(copyTo(`copy ${source} to stdout`))
}

function lockOf(tables: readonly string[], mode: string): string {
  return `lock table ${tables.join(', ')} in ${mode} mode`
}

function listOf(columns: readonly string[]): string {
  return columns.map(pg.escapeIdentifier).join(', ')
}
