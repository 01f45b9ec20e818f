import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { Semaphore } from '../model/semaphore.ts'
import { NodeStores } from './citus/node-stores.ts'
import { readSharding, type Sharding } from './citus/sharding.ts'
import { type Connection, Connections } from './connections.ts'
import { readDatabase } from './database.ts'
import { openGuard, type StoreOptions, type Transactions } from './guard.ts'
import type { Queries } from './queries.ts'
import type { ReportStore } from './report-store.ts'
import { readSnapshot } from './snapshot.ts'
import type { SqlStateMeaning } from './sqlstates.ts'
import { type WriteState, WriteStates } from './write-state.ts'

/** Postgres behind a circuit breaker: while the database is unavailable, calls fail at once instead of piling up. */
export interface Store extends Transactions<Queries> {
  /**
   * Returns what writes a player's reports: the store itself, or on a cluster the node that has the player's rows. Reports of one writer
   * may be in one transaction.
   */
  reportStoreOf(playerId: string): ReportStore
  /**
   * Yields what `work` reads on one snapshot, on a connection beside the pool. One runs at a time, and 10 wait.
   * @throws LaurelError as `read`; RESOURCE_EXHAUSTED if more would wait; ABORTED on a cluster whose writers do not end in a minute
   */
  snapshot(
    signal: AbortSignal,
    work: (queries: Queries) => AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array>
  /** While the database accepts no writes, reads go on. */
  readonly writeState: WriteState
  onWriteState(listener: (state: WriteState) => void): void
  /** `half_open`: the next call is let through as a test. */
  readonly breaker: BreakerState
  readonly pool: PoolUse
  /** Has the next call read again where shards are and which partitions there are. */
  refresh(): void
  onBreaker(listener: (state: BreakerState) => void): void
  /** The listener is called after each committed transaction that may write, on any node. */
  onWritten(listener: () => void): void
  close(): Promise<void>
}

export type BreakerState = 'closed' | 'half_open' | 'open'

/** The places of snapshots that wait. They have one key, so the semaphore fills half of them. */
const WAITING_SNAPSHOTS = 20

/** The connections of the pool, on a cluster those to the coordinator, and the calls that wait for one to any node. */
export interface PoolUse {
  readonly used: number
  readonly idle: number
  readonly max: number
  readonly waiting: number
}

export function openStore(options: StoreOptions): Store {
  let sharding: Sharding | undefined
  const connections = new Connections(options, async (client) => {
    const database = await readDatabase(client, (addresses) => nodes.listWriters(addresses))
    sharding = database.sharding
    return database
  })
  const snapshots = new Semaphore(1, WAITING_SNAPSHOTS)
  const writeStates = new WriteStates(() => connections.use(NEVER_ABORTED, probeWrites))
  const listeners: (() => void)[] = []
  const onWritten = () => {
    for (const listener of listeners) listener()
  }
  const onFailed = (meaning: SqlStateMeaning | undefined) => writeStates.report(meaning)
  const guard = openGuard(connections, options, onFailed, onWritten)
  const { breaker, read, write, writeInSteps, single } = guard
  const findNodes = oncePerSecond(async () => {
    sharding = await connections.use(NEVER_ABORTED, ({ client }) => readSharding(client))
  })
  const nodes = new NodeStores(options, {
    // All batches in flight report it.
    onShardsMissing: oncePerSecond(async () => connections.refresh()),
    onLost: findNodes,
    onCoordinatorFailed: onFailed,
    onWritten,
  })
  const store: Store = {
    read,
    write,
    writeInSteps,
    single,
    reportStoreOf(playerId) {
      const node = sharding?.nodeOf(playerId)
      return node === undefined ? store : nodes.of(node)
    },
    refresh: () => connections.refresh(),
    snapshot: (signal, work) => readSnapshot(options, snapshots, signal, work),
    get pool() {
      return { ...connections.counts, waiting: guard.waiting + nodes.waiting }
    },
    get writeState() {
      return writeStates.current
    },
    onWriteState: (listener) => writeStates.onChange(listener),
    get breaker() {
      return breaker.opened ? 'open' : breaker.halfOpen ? 'half_open' : 'closed'
    },
    onBreaker(listener) {
      breaker.on('open', () => listener('open'))
      breaker.on('halfOpen', () => listener('half_open'))
      breaker.on('close', () => listener('closed'))
    },
    onWritten(listener) {
      listeners.push(listener)
    },
    async close() {
      breaker.shutdown()
      await writeStates.close()
      await nodes.close()
      await connections.close()
    },
  }
  return store
}

/** Fails as a write would: on a standby, and without room, because it needs more than tables have free. */
async function probeWrites({ client }: Connection): Promise<void> {
  await client.query('begin')
  try {
    await client.query('update titles set id = id where false')
    await client.query(
      `create temporary table laurel_probe on commit drop as
       select repeat('x', 1000) as text from generate_series(1, 1000)`,
    )
  } finally {
    await client.query('rollback')
  }
}

/** Returns a function that runs work, at most once per second: calls within a second are one at its end. A failure is ignored. */
function oncePerSecond(work: () => Promise<void>): () => void {
  let isResting = false
  let isPending = false
  const run = () => {
    isPending = isResting
    if (isResting) return
    isResting = true
    setTimeout(() => {
      isResting = false
      if (isPending) run()
    }, 1_000).unref()
    work().catch(() => {})
  }
  return run
}
