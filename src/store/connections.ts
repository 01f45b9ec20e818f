import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { parseExactJson } from '../model/exact-json.ts'
import { cancelUntil } from './cancel-request.ts'
import { clusterError } from './citus/cluster-error.ts'
import { readSharding, type Sharding } from './citus/sharding.ts'
import { type ConnectionMode, detectConnectionMode, KEEPS_NOTHING } from './connection-mode.ts'
import { isChangedResult, meaningOfError } from './errors.ts'
import { Pipeline, runInTurn } from './pipeline.ts'
import { type Queries, queriesOn } from './queries.ts'
import type { Tables } from './schema.ts'
import { statementName } from './statement-name.ts'
import { withClient } from './with-client.ts'

/** The statements of a connection. */
type Statements = Pick<Connection, 'queries' | 'control'>

/** A connection that is borrowed for one call. */
export interface Connection {
  readonly queries: Queries
  readonly client: pg.ClientBase
  /** Whether the settings of statements are in force outside transactions too. */
  readonly keepsSettings: boolean
  /** Whether a statement of the store may be several, because Citus does not support it as one. */
  readonly isDistributed: boolean
  control(statement: 'begin' | 'commit' | 'rollback'): Promise<void>
}

export interface ConnectionOptions {
  readonly connectionString: string
  readonly poolSize: number
  /** Called when an idle connection breaks. */
  readonly onError: (error: Error) => void
  /** Called with the detected mode: before the first statement, and again if the mode turns out to be wrong. */
  readonly onMode?: (mode: ConnectionMode) => void
}

/**
 * Generic plans: planning a statement for one report took as long as its execution. No sequential scans: a plan that is made
 * while a table is empty would scan it, however large it becomes, until its statistics are updated, and each query here has
 * an index. No JIT: the estimated cost of such plans makes a Postgres with LLVM compile them each time, 110 to 350 ms for a
 * statement that runs 0.3 ms. The others are the defaults, which an operator may have changed for other programs: doubles
 * would lose digits, a backslash would be an escape, and NULL in an array a text.
 */
const SETTINGS = [
  ...['enable_seqscan = off', 'jit = off'],
  ...['extra_float_digits = 1', 'standard_conforming_strings = on', 'array_nulls = on'],
  'transform_null_equals = off',
]
const ONE_DATABASE_SETTINGS = ['plan_cache_mode = force_generic_plan']
/**
 * Citus cannot choose shards in a generic plan. A transaction that changes definitions on all nodes, and then rows of players, needs
 * one connection to each node: several would wait for each other.
 */
const CLUSTER_SETTINGS = [
  'plan_cache_mode = force_custom_plan',
  'citus.multi_shard_modify_mode = sequential',
  'citus.max_adaptive_executor_pool_size = 1',
]
/** Statements re-read a row that another transaction has changed, instead of failing. */
const BEGIN = 'begin isolation level read committed'

function settingsOf({ isDistributed }: Sharding): readonly string[] {
  return [...SETTINGS, ...(isDistributed ? CLUSTER_SETTINGS : ONE_DATABASE_SETTINGS)]
}

function setSession(sharding: Sharding): string {
  return [
    ...settingsOf(sharding).map((setting) => `set ${setting}`),
    "set default_transaction_isolation = 'read committed'",
    durable(false),
  ].join('; ')
}

function beginWithSettings(sharding: Sharding): string {
  return [BEGIN, ...settingsOf(sharding).map((setting) => `set local ${setting}`), durable(true)].join('; ')
}

/** Returns a statement that has commits wait for the log; a stronger setting stays. An acknowledged unlock must not be lost. */
function durable(isLocal: boolean): string {
  return `select set_config('synchronous_commit', 'on', ${isLocal}) where current_setting('synchronous_commit') = 'off'`
}

/** Connections that were opened in the same mode. */
interface OpenPool {
  readonly pool: pg.Pool
  readonly mode: ConnectionMode
  readonly isDistributed: boolean
}

export class Connections {
  readonly #options: ConnectionOptions
  readonly #statements = new WeakMap<pg.ClientBase, Statements>()
  #mode: ConnectionMode | undefined
  #current: OpenPool | undefined
  #opening: Promise<OpenPool> | undefined
  #closing: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /**
   * Lends a connection. An abort of the signal cancels its statements in the database. A broken connection is discarded; all
   * connections are, if their prepared statements are stale.
   */
  async use<Result>(signal: AbortSignal, work: (connection: Connection) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    const { pool, mode, isDistributed } = await this.#open()
    const client = await pool.connect()
    const statements = this.#statements.get(client) as Statements
    const cancelling = this.#cancelOnAbort(client, signal)
    let broken: Error | undefined
    let isUnusable = false
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      // An abort before the listener was added had no effect.
      signal.throwIfAborted()
      return await work({ ...statements, client, keepsSettings: mode.keepsSettings, isDistributed })
    } catch (error) {
      const meaning = meaningOfError(error)
      if (meaning === 'stale') this.#replaceStale(pool, error)
      // The other connections lead to the same server, and new ones to its successor.
      if (meaning === 'read_only') this.#replace(pool)
      isUnusable = meaning === 'unavailable'
      throw signal.aborted && !(broken instanceof Error) ? signal.reason : error
    } finally {
      // A late cancellation must not hit the next borrower, so the connection is discarded.
      const cancelled = await cancelling.stop()
      client.off('error', onError)
      client.release(broken ?? (cancelled || isUnusable))
    }
  }

  get counts(): { readonly used: number; readonly idle: number; readonly max: number } {
    const { totalCount = 0, idleCount = 0 } = this.#current?.pool ?? {}
    return { used: totalCount - idleCount, idle: idleCount, max: this.#options.poolSize }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#opening?.catch(() => {})
    await Promise.all([this.#current?.pool.end(), this.#closing])
  }

  #open(): Promise<OpenPool> {
    this.#opening ??= this.#openPool().catch((error) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #openPool(): Promise<OpenPool> {
    const { connectionString, poolSize, onError, onMode } = this.#options
    if (this.#mode === undefined) {
      this.#mode = await detectConnectionMode(connectionString)
      onMode?.(this.#mode)
    }
    const mode = this.#mode
    const sharding = await withClient(connectionString, readSharding)
    const session = setSession(sharding)
    const pool = new pg.Pool({
      connectionString,
      max: poolSize,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      types: { getTypeParser },
      onConnect: async (client) => {
        // Without a listener, an error on a connection that the pool has released would end the process.
        client.on('error', () => {})
        if (mode.keepsSettings) await client.query(session)
        this.#statements.set(client, statementsOf(client, mode, sharding))
      },
    })
    pool.on('error', (error) => {
      // The connections of a closed pool may still be ending when the database stops.
      if (!this.#isClosed) onError(error)
    })
    this.#current = { pool, mode, isDistributed: sharding.isDistributed }
    return this.#current
  }

  #replaceStale(pool: pg.Pool, error: unknown): void {
    if (this.#current?.pool === pool && !isChangedResult(error) && this.#mode !== KEEPS_NOTHING) {
      this.#mode = KEEPS_NOTHING
      this.#options.onMode?.(KEEPS_NOTHING)
    }
    this.#replace(pool)
  }

  /** Makes the next call open a new pool. The connections of the old one end after their calls. */
  #replace(pool: pg.Pool): void {
    if (this.#current?.pool !== pool) return
    this.#current = undefined
    this.#opening = undefined
    this.#closing = Promise.all([this.#closing, pool.end()])
  }

  /** Cancels the client's statements when the signal is aborted, until `stop`. */
  #cancelOnAbort(client: pg.ClientBase, signal: AbortSignal) {
    const done = new AbortController()
    let cancelling: Promise<void> | undefined
    const onAbort = () => {
      cancelling = cancelUntil(done.signal, client).catch(this.#options.onError)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    return {
      /** Returns whether anything was cancelled. */
      stop: async () => {
        done.abort()
        signal.removeEventListener('abort', onAbort)
        await cancelling
        return cancelling !== undefined
      },
    }
  }
}

/**
 * Prepares each statement once per connection, if connections keep prepared statements. Every statement has one text whatever
 * its values are, lists included, so their number is bounded.
 */
function statementsOf(
  client: pg.ClientBase,
  { keepsSettings, keepsStatements }: ConnectionMode,
  sharding: Sharding,
): Statements {
  // A pooler might lend each statement another backend, and on a cluster a statement may be several.
  const pipeline = keepsSettings && !sharding.isDistributed ? new Pipeline(client) : undefined
  const send = (statement: pg.QueryConfig) => {
    const sent = client.query(statement)
    pipeline?.onSent()
    return sent
  }
  const run = (text: string, values: unknown[]) =>
    send(keepsStatements ? { name: statementName(text), text, values } : { text, values })
  const query = sharding.isDistributed
    ? (text: string, values: unknown[]) => runOnCluster(text, values).catch(rethrowClusterError)
    : run
  const runOnCluster = async (original: string, values: unknown[]) => {
    const { text, writesCopies } = sharding.statementOf(original)
    if (writesCopies) await client.query(LOCK_COPIES)
    return run(text, values)
  }
  const pool = { connect: async () => ({ query, release: () => {} }), end: async () => {}, options: {} }
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) })
  const begin = keepsSettings ? BEGIN : beginWithSettings(sharding)
  return {
    queries: queriesOn(db, client, sharding, pipeline?.together ?? runInTurn),
    control: async (statement) => {
      await send({ text: statement === 'begin' ? begin : statement })
    },
  }
}

/**
 * Citus locks a copied table, and the tables it refers to, until the transaction ends: two transactions that write to several of them
 * in another order would deadlock.
 */
const LOCK_COPIES = 'select pg_advisory_xact_lock(5108210373)'

function rethrowClusterError(error: unknown): never {
  throw clusterError(error)
}

/** 64-bit integers stay exact, in columns and in JSON. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format !== 'binary') {
    if (oid === pg.types.builtins.INT8) return (text: string) => BigInt(text)
    if (oid === pg.types.builtins.JSONB || oid === pg.types.builtins.JSON) return parseExactJson
  }
  return pg.types.getTypeParser(oid, format)
}
