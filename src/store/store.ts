import { setTimeout as sleep } from 'node:timers/promises'
import CircuitBreaker from 'opossum'
import { type Connection, type ConnectionOptions, Connections } from './connections.ts'
import { databaseUnavailable, isInfrastructureFailure, isRetryable, toModelError } from './errors.ts'
import type { Queries } from './queries.ts'

/** Postgres, behind a circuit breaker: while it is away, calls fail at once instead of piling up. */
export interface Store {
  /**
   * Statements without a transaction. An aborted signal cancels the running one in the database.
   * @throws LaurelError UNAVAILABLE when the database is away; what `work` throws; the signal's reason.
   */
  read<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  /**
   * One transaction: all of `work` or nothing. Run again, a bounded number of times, after a deadlock or a
   * serialization failure, so `work` must keep no state between runs. A rejection rolls back.
   */
  write<Result>(signal: AbortSignal, work: (queries: Queries) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

const ATTEMPTS = 5

export function openStore(options: ConnectionOptions): Store {
  const connections = new Connections(options)
  const breaker = new CircuitBreaker((work: () => Promise<unknown>) => work(), {
    timeout: false,
    resetTimeout: 500,
    volumeThreshold: 5,
    errorThresholdPercentage: 50,
    rollingCountTimeout: 5_000,
    errorFilter: (error) => !isInfrastructureFailure(error),
  })

  async function guarded<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return (await breaker.fire(work)) as Result
    } catch (error) {
      throw CircuitBreaker.isOurError(error as Error) ? databaseUnavailable(error) : toModelError(error)
    }
  }

  return {
    read: (signal, work) => guarded(() => connections.use(signal, ({ queries }) => work(queries))),
    write: (signal, work) =>
      guarded(() =>
        withRetries(() => connections.use(signal, (connection) => inTransaction(connection, signal, work))),
      ),
    async close() {
      breaker.shutdown()
      await connections.close()
    },
  }
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
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error
      await sleep(Math.random() * 20 * attempt)
    }
  }
}
