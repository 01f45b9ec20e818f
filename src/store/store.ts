import CircuitBreaker from 'opossum'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { Semaphore } from '../model/semaphore.ts'
import { sleep } from '../model/sleep.ts'
import { type Connection, type ConnectionOptions, Connections } from './connections.ts'
import { databaseUnavailable, isRetryable, isStaleStatement, meaningOfError, toModelError } from './errors.ts'
import type { Step } from './pipeline.ts'
import type { Queries } from './queries.ts'
import { readSnapshot } from './snapshot.ts'
import type { SqlStateMeaning } from './sqlstates.ts'
import { type WriteState, WriteStates } from './write-state.ts'

/** Postgres behind a circuit breaker: while the database is unavailable, calls fail at once instead of piling up. */
export interface Store {
  /**
   * Runs statements that only read, each on its own snapshot. An abort cancels the running statement in the database. `work`
   * may be retried, as for `write`.
   * @throws LaurelError UNAVAILABLE if the database is unavailable, RESOURCE_EXHAUSTED if too many calls wait for it; an
   *   error of `work`; the signal's reason.
   */
  read<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  /**
   * Runs one transaction. A rejection rolls it back. It is retried, a bounded number of times, after a deadlock or a
   * serialization failure, and once on a new connection after a stale statement, so `work` must have no other effects.
   */
  write<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  /** As `write`, in few round trips: the steps are sent together with the transaction's begin and end. */
  writeInSteps<Opened, Result>(signal: AbortSignal, steps: TransactionSteps<Opened, Result>): Promise<Result>
  /** Runs one statement that is a transaction by itself. It is retried like `write`. */
  single<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  /**
   * Yields what `work` reads on one snapshot, on a connection beside the pool. One runs at a time, and 10 wait.
   * @throws LaurelError as `read`; RESOURCE_EXHAUSTED if more would wait
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
  onBreaker(listener: (state: BreakerState) => void): void
  /** The listener is called after each committed `write` and `single`. */
  onWritten(listener: () => void): void
  close(): Promise<void>
}

export interface TransactionSteps<Opened, Result> {
  /** Reads or locks, and writes nothing: it is sent with `begin`, and would run even if that failed. */
  open(queries: Queries): Promise<Opened>
  /** Returns the last statements, which are sent with `commit`. */
  apply(
    queries: Queries,
    opened: Opened,
  ): Promise<{ readonly result: Result; readonly last: readonly Step[] }>
}

export type BreakerState = 'closed' | 'half_open' | 'open'

const ATTEMPTS = 5
/** The places of calls that wait, for each connection of the pool; the semaphore fills half of them. */
const WAITING_PER_CONNECTION = 200
/** The places of snapshots that wait. They have one key, so the semaphore fills half of them. */
const WAITING_SNAPSHOTS = 20

/** The connections of the pool, and calls that wait for one. */
export interface PoolUse {
  readonly used: number
  readonly idle: number
  readonly max: number
  readonly waiting: number
}

/** A call of the store, for metrics. */
export interface StoreOperation {
  readonly name: 'read' | 'write' | 'single'
  /** With retries, without the wait for a connection's slot. */
  readonly seconds: number
  readonly retries: number
  /** The meaning of the database's error; undefined if there was none, as for a refusal of the call's own. */
  readonly error: string | undefined
}

export interface StoreOptions extends ConnectionOptions {
  /** Called with each call of the store when it ends. */
  readonly onOperation?: (operation: StoreOperation) => void
  /** Called with each failure that the operator must mend. */
  readonly onFailure?: (meaning: SqlStateMeaning, error: Error) => void
}

const OPERATORS: readonly SqlStateMeaning[] = ['unavailable', 'read_only', 'full', 'cancelled', 'refused']

export function openStore(options: StoreOptions): Store {
  const connections = new Connections(options)
  const snapshots = new Semaphore(1, WAITING_SNAPSHOTS)
  const writeStates = new WriteStates(() => connections.use(NEVER_ABORTED, probeWrites))
  const semaphore = new Semaphore(options.poolSize, options.poolSize * WAITING_PER_CONNECTION)
  const breaker = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
    timeout: false,
    resetTimeout: 500,
    volumeThreshold: 5,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 5_000,
    errorFilter: (error) => meaningOfError(error) !== 'unavailable',
  })

  const listeners: (() => void)[] = []

  async function notifyAfter<Result>(written: Promise<Result>): Promise<Result> {
    const result = await written
    for (const listener of listeners) listener()
    return result
  }

  /** The semaphore is outside the breaker, because waiting for other calls is no failure of the database. */
  async function guarded<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await semaphore.run(signal, async () => (await breaker.fire(work)) as Result)
    } catch (error) {
      if (CircuitBreaker.isOurError(error as Error)) throw databaseUnavailable(error)
      const meaning = meaningOfError(error)
      writeStates.report(meaning)
      if (meaning !== undefined && OPERATORS.includes(meaning)) options.onFailure?.(meaning, error as Error)
      throw toModelError(error)
    }
  }

  const run = <Result>(
    name: StoreOperation['name'],
    signal: AbortSignal,
    work: (connection: Connection) => Promise<Result>,
  ) => guarded(signal, () => measured(name, () => connections.use(signal, work), options.onOperation))

  return {
    read: (signal, work) => run('read', signal, (connection) => withSettings(connection, signal, work)),
    write: (signal, work) =>
      notifyAfter(run('write', signal, (connection) => inTransaction(connection, signal, work))),
    writeInSteps: (signal, steps) =>
      notifyAfter(run('write', signal, (connection) => inSteps(connection, signal, steps))),
    single: (signal, work) =>
      notifyAfter(
        run('single', signal, (connection) =>
          connection.isDistributed
            ? inTransaction(connection, signal, work)
            : withSettings(connection, signal, work),
        ),
      ),
    snapshot: (signal, work) => readSnapshot(options, snapshots, signal, work),
    get pool() {
      return { ...connections.counts, waiting: semaphore.waiting }
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
      await connections.close()
    },
  }
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

/** A transaction is needed only if settings are not kept otherwise. */
function withSettings<Result>(
  connection: Connection,
  signal: AbortSignal,
  work: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  return connection.keepsSettings ? work(connection.queries) : inTransaction(connection, signal, work)
}

function inTransaction<Result>(
  connection: Connection,
  signal: AbortSignal,
  work: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  return orRollBack(connection, async () => {
    await connection.control('begin')
    const result = await work(connection.queries)
    signal.throwIfAborted()
    await connection.control('commit')
    return result
  })
}

function inSteps<Opened, Result>(
  connection: Connection,
  signal: AbortSignal,
  steps: TransactionSteps<Opened, Result>,
): Promise<Result> {
  const { queries, control } = connection
  return orRollBack(connection, async () => {
    const [, opened] = await queries.together([() => control('begin'), () => steps.open(queries)])
    const { result, last } = await steps.apply(queries, opened)
    signal.throwIfAborted()
    // After a statement that failed, the commit rolls back, and `together` throws the statement's error.
    await queries.together([...last, () => control('commit')])
    return result
  })
}

async function orRollBack<Result>(
  connection: Connection,
  transaction: () => Promise<Result>,
): Promise<Result> {
  try {
    return await transaction()
  } catch (error) {
    // If the rollback fails, the connection is lost and the transaction with it.
    await connection.control('rollback').catch(() => {})
    throw error
  }
}

/** Runs work with retries, and reports how it ended. */
async function measured<Result>(
  name: StoreOperation['name'],
  run: () => Promise<Result>,
  onOperation: StoreOptions['onOperation'],
): Promise<Result> {
  const startTime = performance.now()
  let retries = -1
  const report = (error?: string) =>
    onOperation?.({ name, seconds: (performance.now() - startTime) / 1000, retries, error })
  try {
    const result = await withRetries(() => {
      retries += 1
      return run()
    })
    report()
    return result
  } catch (error) {
    report(meaningOfError(error))
    throw error
  }
}

async function withRetries<Result>(run: () => Promise<Result>): Promise<Result> {
  let isRenewed = false
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      const isStale = isStaleStatement(error)
      if (attempt === ATTEMPTS || !(isStale ? !isRenewed : isRetryable(error))) throw error
      isRenewed ||= isStale
      await sleep(Math.random() * 20 * attempt, NEVER_ABORTED)
    }
  }
}
