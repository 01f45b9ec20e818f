import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { parseExactJson } from '../model/exact-json.ts'
import { type ConnectionMode, detectConnectionMode, KEEPS_NOTHING } from './connection-mode.ts'
import { CHANGED_RESULT, isStaleStatement } from './errors.ts'
import { type Queries, queriesOn } from './queries.ts'
import type { Tables } from './schema.ts'
import { statementName } from './statement-name.ts'

/** One connection, for as long as a call works on it. */
export interface Connection {
  readonly queries: Queries
  /** Whether the settings that statements rely on hold outside transactions too. */
  readonly keepsSettings: boolean
  /** `begin`, `commit` or `rollback`. */
  control(statement: 'begin' | 'commit' | 'rollback'): Promise<void>
}

export interface ConnectionOptions {
  readonly connectionString: string
  /** Connections kept at most. */
  readonly poolSize: number
  /** Called for what happens outside any call: a connection that broke while idle. */
  readonly onError: (error: Error) => void
  /** Called when it is known what connections keep: before the first statement, and if that turns out to be wrong. */
  readonly onMode?: (mode: ConnectionMode) => void
}

/**
 * Statements are planned once a connection, whatever their values: to plan one for each report that comes alone took as
 * long as to write it. One that is planned while a table is empty, or a check of a foreign key, would read it from end to
 * end, however large it has become, until its statistics are renewed; everything here is found by an index. What such a
 * plan is said to cost makes a Postgres with LLVM compile it each time: 110 to 350 ms for a statement that runs 0.3.
 */
const SETTINGS = ['enable_seqscan = off', 'plan_cache_mode = force_generic_plan', 'jit = off']
const SET_SESSION = SETTINGS.map((setting) => `set ${setting}`).join('; ')
const BEGIN_WITH_SETTINGS = ['begin', ...SETTINGS.map((setting) => `set local ${setting}`)].join('; ')

/** How often a statement that nobody waits for any more is told to stop. */
const CANCEL_INTERVAL_MILLISECONDS = 50

/** Connections that were all opened in the same way. */
interface OpenPool {
  readonly pool: pg.Pool
  readonly mode: ConnectionMode
}

/** What belongs to an open connection. */
interface Session {
  readonly queries: Queries
  /** The process id of its backend; undefined where each transaction may have another one. */
  readonly backend: number | undefined
}

/** A pool of connections, each with its statements ready. */
export class Connections {
  readonly #options: ConnectionOptions
  readonly #sessions = new WeakMap<pg.ClientBase, Session>()
  #mode: ConnectionMode | undefined
  #current: OpenPool | undefined
  #opening: Promise<OpenPool> | undefined
  #closing: Promise<unknown> = Promise.resolve()

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  /**
   * Lends a connection. When the signal is aborted, the statement that runs on it is cancelled in the database,
   * and each one after it; behind a pooler that shares backends it runs to its end. A connection whose last statement
   * failed in the connection itself is thrown away; all are, when the statements that they hold are of no use any more.
   */
  async use<Result>(signal: AbortSignal, work: (connection: Connection) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    const { pool, mode } = await this.#open()
    const client = await pool.connect()
    const { queries, backend } = this.#sessions.get(client) as Session
    const cancelling = this.#cancelOnAbort(backend, signal)
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      // Nobody heard it if that was while there was no connection yet.
      signal.throwIfAborted()
      return await work({
        queries,
        keepsSettings: mode.keepsSettings,
        control: async (statement) => {
          await client.query(statement === 'begin' && !mode.keepsSettings ? BEGIN_WITH_SETTINGS : statement)
        },
      })
    } catch (error) {
      if (isStaleStatement(error)) this.#replace(pool, error)
      throw signal.aborted && !(broken instanceof Error) ? signal.reason : error
    } finally {
      // A late cancellation must not hit the next one who borrows it.
      const cancelled = await cancelling.stop()
      client.off('error', onError)
      client.release(broken ?? cancelled)
    }
  }

  async close(): Promise<void> {
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
    const pool = new pg.Pool({
      connectionString,
      max: poolSize,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      types: { getTypeParser },
      onConnect: async (client) => {
        // A connection that the pool has let go of has no listener, and may still be told that the database stops.
        client.on('error', () => {})
        const backend = mode.keepsSettings ? await startSession(client) : undefined
        this.#sessions.set(client, { queries: statementsOf(client, mode), backend })
      },
    })
    pool.on('error', onError)
    this.#current = { pool, mode }
    return this.#current
  }

  /** Has the next call open new connections; those of the old pool end when the calls that have them are done. */
  #replace(pool: pg.Pool, { code }: pg.DatabaseError): void {
    if (this.#current?.pool !== pool) return
    if (code !== CHANGED_RESULT && this.#mode !== KEEPS_NOTHING) {
      this.#mode = KEEPS_NOTHING
      this.#options.onMode?.(KEEPS_NOTHING)
    }
    this.#current = undefined
    this.#opening = undefined
    this.#closing = Promise.all([this.#closing, pool.end()])
  }

  /**
   * Again and again, because an abort between two statements finds none to cancel. Through a connection of its
   * own, because the pool may be used up by just such statements. The id that a pooler gave the connection is none of a
   * backend, or of another one: only the backend's own word is good.
   */
  #cancelOnAbort(backend: number | undefined, signal: AbortSignal) {
    const { connectionString, onError } = this.#options
    let done = false
    let running: Promise<void> | undefined
    const cancel = async () => {
      const control = new pg.Client({ connectionString })
      try {
        await control.connect()
        while (!done) {
          await control.query('select pg_cancel_backend($1)', [backend])
          await new Promise((resolve) => setTimeout(resolve, CANCEL_INTERVAL_MILLISECONDS))
        }
      } catch (error) {
        onError(error as Error)
      } finally {
        await control.end().catch(() => {})
      }
    }
    const onAbort = () => {
      running = cancel()
    }
    if (backend !== undefined) signal.addEventListener('abort', onAbort, { once: true })
    return {
      stop: async () => {
        done = true
        signal.removeEventListener('abort', onAbort)
        await running
        return running !== undefined
      },
    }
  }
}

/** Sets what statements rely on for as long as the connection lasts. Returns the process id of its backend. */
async function startSession(client: pg.ClientBase): Promise<number> {
  const results = await client.query(`${SET_SESSION}; select pg_backend_pid() as pid`)
  return (results as unknown as pg.QueryResult[]).at(-1)?.rows[0].pid
}

/**
 * Runs statements by name, so that the database parses and plans each but once a connection, where connections keep
 * them. Every statement of this store is one text whatever its values are, lists included: there are few, and they stay
 * few.
 */
function statementsOf(client: pg.ClientBase, { keepsStatements }: ConnectionMode): Queries {
  const query = (text: string, values: unknown[]) =>
    client.query(keepsStatements ? { name: statementName(text), text, values } : { text, values })
  const pool = { connect: async () => ({ query, release: () => {} }), end: async () => {}, options: {} }
  return queriesOn(new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) }))
}

/** Parsers of this pool alone: 64-bit integers stay exact, in columns as in JSON. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format !== 'binary') {
    if (oid === pg.types.builtins.INT8) return (text: string) => BigInt(text)
    if (oid === pg.types.builtins.JSONB || oid === pg.types.builtins.JSON) return parseExactJson
  }
  return pg.types.getTypeParser(oid, format)
}
