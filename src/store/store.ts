import { setTimeout as sleep } from 'node:timers/promises'
import CircuitBreaker from 'opossum'
import { type Connection, type ConnectionOptions, Connections } from './connections.ts'
import {
  databaseUnavailable,
  isInfrastructureFailure,
  isRetryable,
  isStaleStatement,
  toModelError,
} from './errors.ts'
import type { Queries } from './queries.ts'
import { Semaphore } from './semaphore.ts'

/** Postgres, behind a circuit breaker: while it is away, calls fail at once instead of piling up. */
export interface Store {
  /**
   * Statements that only read, each of which sees what was committed before it. An aborted signal cancels the running one
   * in the database. Run again, like those below.
   * @throws LaurelError UNAVAILABLE when the database is away, RESOURCE_EXHAUSTED when too many calls wait for it; what
   *   `work` throws; the signal's reason.
   */
  read<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  /**
   * One transaction: all of `work` or nothing. Run again, a bounded number of times, after a deadlock or a
   * serialization failure, and once on a new connection whose statements are not stale, so `work` must keep no state
   * between runs. A rejection rolls back.
   */
  write<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  /**
   * One statement that is a transaction by itself. Run again like `write`.
   */
  single<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  /** Whether calls get through; half open means that the next one is the try. */
  readonly breaker: BreakerState
  /** Called whenever it changes. */
  onBreaker(listener: (state: BreakerState) => void): void
  /** Called after each `write` and `single` that was committed. */
  onWritten(listener: () => void): void
  close(): Promise<void>
}

export type BreakerState = 'closed' | 'half_open' | 'open'

const ATTEMPTS = 5
/** Calls that wait for a connection, for each that there is. */
const WAITING_PER_CONNECTION = 100

export function openStore(options: ConnectionOptions): Store {
  const connections = new Connections(options)
  const slots = new Semaphore(options.poolSize, options.poolSize * WAITING_PER_CONNECTION)
  const breaker = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
    timeout: false,
    resetTimeout: 500,
    volumeThreshold: 5,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 5_000,
    errorFilter: (error) => !isInfrastructureFailure(error),
  })

  const listeners: (() => void)[] = []

  async function told<Result>(written: Promise<Result>): Promise<Result> {
    const result = await written
    for (const listener of listeners) listener()
    return result
  }

  /** A slot first: waiting for others is no sign that the database is away. */
  async function guarded<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    try {
      return await slots.run(signal, async () => (await breaker.fire(work)) as Result)
    } catch (error) {
      throw CircuitBreaker.isOurError(error as Error) ? databaseUnavailable(error) : toModelError(error)
    }
  }

  const run = <Result>(signal: AbortSignal, work: (connection: Connection) => Promise<Result>) =>
    guarded(signal, () => withRetries(() => connections.use(signal, work)))

  return {
    read: (signal, work) => run(signal, (connection) => withSettings(connection, signal, work)),
    write: (signal, work) => told(run(signal, (connection) => inTransaction(connection, signal, work))),
    single: (signal, work) => told(run(signal, (connection) => withSettings(connection, signal, work))),
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
      await connections.close()
    },
  }
}

/** Needs no transaction, unless there is no other way for settings to be in force. */
function withSettings<Result>(
  connection: Connection,
  signal: AbortSignal,
  work: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  return connection.keepsSettings ? work(connection.queries) : inTransaction(connection, signal, work)
}

async function inTransaction<Result>(
  connection: Connection,
  signal: AbortSignal,
  work: (queries: Queries) => Promise<Result>,
): Promise<Result> {
  await connection.control('begin')
  try {
    const result = await work(connection.queries)
    signal.throwIfAborted()
    await connection.control('commit')
    return result
  } catch (error) {
    // When even this fails the connection is gone, and the transaction with it.
    await connection.control('rollback').catch(() => {})
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
      await sleep(Math.random() * 20 * attempt)
    }
  }
}
