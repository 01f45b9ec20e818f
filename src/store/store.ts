import { setTimeout as sleep } from 'node:timers/promises'
import { type Kysely, Kysely as KyselyInstance, PostgresDialect } from 'kysely'
import CircuitBreaker from 'opossum'
import pg from 'pg'
import { parseExactJson } from '../model/exact-json.ts'
import { databaseUnavailable, isInfrastructureFailure, isRetryable, toModelError } from './errors.ts'
import { type Queries, queriesOn } from './queries.ts'
import type { Tables } from './schema.ts'

export interface StoreOptions {
  readonly connectionString: string
  /** Connections kept at most. */
  readonly poolSize: number
  /** Called for what happens outside any call: a connection that broke while idle. */
  readonly onError: (error: Error) => void
}

/** Postgres, behind a circuit breaker: while it is away, calls fail at once instead of piling up. */
export interface Store {
  /**
   * Statements without a transaction. An aborted signal cancels the running one in the database.
   * @throws LaurelError UNAVAILABLE when the database is away; what `work` throws.
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

export function openStore(options: StoreOptions): Store {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.poolSize,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    types: { getTypeParser },
  })
  pool.on('error', options.onError)
  const db = new KyselyInstance<Tables>({ dialect: new PostgresDialect({ pool, controlClient: pg.Client }) })
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
    read: (signal, work) => guarded(() => work(queriesOn(scope(db, signal)))),
    write: (signal, work) =>
      guarded(() =>
        withRetries(signal, () => db.transaction().execute((tx) => work(queriesOn(scope(tx, signal))))),
      ),
    async close() {
      breaker.shutdown()
      await db.destroy()
    },
  }
}

function scope(db: Kysely<Tables>, signal: AbortSignal) {
  return { db, abort: { signal, inflightQueryAbortStrategy: 'cancel query' as const } }
}

async function withRetries<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted()
    try {
      return await run()
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error
      await sleep(Math.random() * 20 * attempt)
    }
  }
}

/** Parsers of this pool alone: 64-bit integers stay exact, in columns as in JSON. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format !== 'binary') {
    if (oid === pg.types.builtins.INT8) return (text: string) => BigInt(text)
    if (oid === pg.types.builtins.JSONB || oid === pg.types.builtins.JSON) return parseExactJson
  }
  return pg.types.getTypeParser(oid, format)
}
