import CircuitBreaker from 'opossum'
import { NEVER_ABORTED } from '../model/never-aborted.ts'
import { Semaphore } from '../model/semaphore.ts'
import { sleep } from '../model/sleep.ts'
import type { Connection, ConnectionOptions, Connections } from './connections.ts'
import { databaseUnavailable, isRetryable, isStaleStatement, meaningOfError, toModelError } from './errors.ts'
import type { Step } from './pipeline.ts'
import type { SqlStateMeaning } from './sqlstates.ts'

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

/** The failures that the operator must mend. */
const OPERATOR_FAILURES: readonly SqlStateMeaning[] = [
  'unavailable',
  'read_only',
  'full',
  'node_lost',
  'cancelled',
  'refused',
]

/** Transactions behind a circuit breaker and a bounded queue. */
export interface Transactions<Statements> {
  /**
   * Runs statements that only read, each on its own snapshot. An abort cancels the running statement in the database. `work`
   * may be retried, as for `write`.
   * @throws LaurelError UNAVAILABLE if the database is unavailable, RESOURCE_EXHAUSTED if too many calls wait for it; an
   *   error of `work`; the signal's reason.
   */
  read<Result>(signal: AbortSignal, work: (queries: Statements) => Promise<Result>): Promise<Result>
  /**
   * Runs one transaction. A rejection rolls it back. It is retried, a bounded number of times, after a deadlock or a
   * serialization failure, and once on a new connection after a stale statement, so `work` must have no other effects.
   */
  write<Result>(signal: AbortSignal, work: (queries: Statements) => Promise<Result>): Promise<Result>
  /** As `write`, in few round trips: the steps are sent together with the transaction's begin and end. */
  writeInSteps<Opened, Result>(
    signal: AbortSignal,
    steps: TransactionSteps<Statements, Opened, Result>,
  ): Promise<Result>
  /** Runs one statement that is a transaction by itself. It is retried like `write`. */
  single<Result>(signal: AbortSignal, work: (queries: Statements) => Promise<Result>): Promise<Result>
}

export interface TransactionSteps<Statements, Opened, Result> {
  /** Reads or locks, and writes nothing: it is sent with `begin`, and would run even if that failed. */
  open(queries: Statements): Promise<Opened>
  /** Returns the last statements, which are sent with `commit`. */
  apply(
    queries: Statements,
    opened: Opened,
  ): Promise<{ readonly result: Result; readonly last: readonly Step[] }>
}

export interface Guard<Statements> extends Transactions<Statements> {
  readonly breaker: CircuitBreaker<[() => Promise<unknown>], unknown>
  /** Calls that wait for a connection. */
  readonly waiting: number
}

const ATTEMPTS = 5
/** The places of calls that wait, for each connection of the pool; the semaphore fills half of them. */
const WAITING_PER_CONNECTION = 200

/** @param onFailed called with each failure of the database */
export function openGuard<Statements>(
  connections: Connections<Statements>,
  options: StoreOptions,
  onFailed: (meaning: SqlStateMeaning | undefined) => void,
  onWritten: () => void,
): Guard<Statements> {
  const semaphore = new Semaphore(options.poolSize, options.poolSize * WAITING_PER_CONNECTION)
  const breaker = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
    timeout: false,
    resetTimeout: 500,
    volumeThreshold: 5,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 5_000,
    errorFilter: (error) => meaningOfError(error) !== 'unavailable',
  })

  async function notifyAfter<Result>(written: Promise<Result>): Promise<Result> {
    const result = await written
    onWritten()
    return result
  }

  /** The semaphore is outside the breaker, because waiting for other calls is no failure of the database. */
  async function guarded<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await semaphore.run(signal, async () => (await breaker.fire(work)) as Result)
    } catch (error) {
      if (CircuitBreaker.isOurError(error as Error)) throw databaseUnavailable(error)
      const meaning = meaningOfError(error)
      onFailed(meaning)
      if (meaning !== undefined && OPERATOR_FAILURES.includes(meaning))
        options.onFailure?.(meaning, error as Error)
      throw toModelError(error)
    }
  }

  const run = <Result>(
    name: StoreOperation['name'],
    signal: AbortSignal,
    work: (connection: Connection<Statements>) => Promise<Result>,
  ) => guarded(signal, () => measured(name, () => connections.use(signal, work), options.onOperation))

  return {
    breaker,
    get waiting() {
      return semaphore.waiting
    },
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
  }
}

/** A transaction is needed only if settings are not kept otherwise. */
function withSettings<Statements, Result>(
  connection: Connection<Statements>,
  signal: AbortSignal,
  work: (queries: Statements) => Promise<Result>,
): Promise<Result> {
  return connection.keepsSettings ? work(connection.queries) : inTransaction(connection, signal, work)
}

function inTransaction<Statements, Result>(
  connection: Connection<Statements>,
  signal: AbortSignal,
  work: (queries: Statements) => Promise<Result>,
): Promise<Result> {
  return orRollBack(connection, async () => {
    await connection.control('begin')
    const result = await work(connection.queries)
    signal.throwIfAborted()
    await connection.control('commit')
    return result
  })
}

function inSteps<Statements, Opened, Result>(
  connection: Connection<Statements>,
  signal: AbortSignal,
  steps: TransactionSteps<Statements, Opened, Result>,
): Promise<Result> {
  const { queries, together, control } = connection
  return orRollBack(connection, async () => {
    const [, opened] = await together([() => control('begin'), () => steps.open(queries)])
    const { result, last } = await steps.apply(queries, opened)
    signal.throwIfAborted()
    // After a statement that failed, the commit rolls back, and `together` throws the statement's error.
    await together([...last, () => control('commit')])
    return result
  })
}

async function orRollBack<Result>(
  connection: Pick<Connection<unknown>, 'control'>,
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
