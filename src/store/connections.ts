import pg from 'pg'
import { parseExactJson } from '../model/exact-json.ts'
import { cancelUntil } from './cancel-request.ts'
import { type ConnectionMode, detectConnectionMode, KEEPS_NOTHING } from './connection-mode.ts'
import type { Database, RunStatement } from './database.ts'
import { isChangedResult, isReadOnly, meaningOfError } from './errors.ts'
import { Pipeline, type RunTogether, runInTurn } from './pipeline.ts'
import type { Queries } from './queries.ts'
import { statementName } from './statement-name.ts'
import { withClient } from './with-client.ts'

/** A connection that is borrowed for one call. */
export interface Connection<Statements = Queries> {
  readonly queries: Statements
  readonly together: RunTogether
  readonly client: pg.ClientBase
  /** Whether the settings of statements are in force outside transactions too. */
  readonly keepsSettings: boolean
  /** Whether a statement of the store may be several, because Citus does not support it as one. */
  readonly isDistributed: boolean
  control(statement: 'begin' | 'commit' | 'rollback'): Promise<void>
}

/** The part of a connection that lasts longer than a call. */
type Prepared<Statements> = Pick<Connection<Statements>, 'queries' | 'together' | 'control'>

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
  'enable_seqscan = off',
  'jit = off',
  'extra_float_digits = 1',
  'standard_conforming_strings = on',
  'array_nulls = on',
  'transform_null_equals = off',
]
/** Statements re-read a row that another transaction has changed, instead of failing. */
const BEGIN = 'begin isolation level read committed'

function setSession({ settings }: Database<unknown>): string {
  return [
    ...[...SETTINGS, ...settings].map((setting) => `set ${setting}`),
    "set default_transaction_isolation = 'read committed'",
    durable(false),
  ].join('; ')
}

function beginWithSettings({ settings }: Database<unknown>): string {
  const all = [...SETTINGS, ...settings].map((setting) => `set local ${setting}`)
  return [BEGIN, ...all, durable(true)].join('; ')
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

export class Connections<Statements = Queries> {
  readonly #options: ConnectionOptions
  readonly #read: (client: pg.ClientBase) => Promise<Database<Statements>>
  readonly #prepared = new WeakMap<pg.ClientBase, Prepared<Statements>>()
  #mode: ConnectionMode | undefined
  #current: OpenPool | undefined
  #opening: Promise<OpenPool> | undefined
  #closing: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(options: ConnectionOptions, read: (client: pg.ClientBase) => Promise<Database<Statements>>) {
    this.#options = options
    this.#read = read
  }

  /**
   * Lends a connection. An abort of the signal cancels its statements in the database. A broken connection is discarded; all
   * connections are, if their prepared statements are stale.
   */
  async use<Result>(
    signal: AbortSignal,
    work: (connection: Connection<Statements>) => Promise<Result>,
  ): Promise<Result> {
    signal.throwIfAborted()
    const { pool, mode, isDistributed } = await this.#open()
    const client = await pool.connect()
    const prepared = this.#prepared.get(client) as Prepared<Statements>
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
      return await work({ ...prepared, client, keepsSettings: mode.keepsSettings, isDistributed })
    } catch (error) {
      const meaning = meaningOfError(error)
      if (meaning === 'stale') this.#replaceStale(pool, error)
      // The other connections lead to the same server, or through the coordinator to the same node, and new ones to its successor.
      if (isReadOnly(error)) this.#replace(pool)
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

  /** Has the next call open new connections, and read the database again. */
  refresh(): void {
    if (this.#current !== undefined) this.#replace(this.#current.pool)
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
    const database = await withClient(connectionString, this.#read)
    const session = setSession(database)
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
        this.#prepared.set(client, prepare(client, mode, database))
      },
    })
    pool.on('error', (error) => {
      // The connections of a closed pool may still be ending when the database stops.
      if (!this.#isClosed) onError(error)
    })
    this.#current = { pool, mode, isDistributed: database.isDistributed }
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
    // A closed one has ended its pool.
    if (this.#isClosed || this.#current?.pool !== pool) return
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
function prepare<Statements>(
  client: pg.ClientBase,
  { keepsSettings, keepsStatements }: ConnectionMode,
  database: Database<Statements>,
): Prepared<Statements> {
  // A pooler might lend each statement another backend, and on a cluster a statement may be several.
  const pipeline = keepsSettings && !database.isDistributed ? new Pipeline(client) : undefined
  const sent = <Result>(response: Promise<Result>) => {
    pipeline?.onSent()
    return response
  }
  const run: RunStatement = (text, values) =>
    sent(client.query(keepsStatements ? { name: statementName(text), text, values } : { text, values }))
  const together = pipeline?.together ?? runInTurn
  const begin = keepsSettings ? BEGIN : beginWithSettings(database)
  return {
    queries: database.statementsOn(client, run, together),
    together,
    control: (statement) =>
      sent(statement === 'begin' ? database.begin(client, begin) : database.end(client, statement)),
  }
}

/** 64-bit integers stay exact, in columns and in JSON. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format !== 'binary') {
    if (oid === pg.types.builtins.INT8) return (text: string) => BigInt(text)
    if (oid === pg.types.builtins.JSONB || oid === pg.types.builtins.JSON) return parseExactJson
  }
  return pg.types.getTypeParser(oid, format)
}
