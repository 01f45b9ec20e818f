import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { parseExactJson } from '../model/exact-json.ts'
import { type Queries, queriesOn } from './queries.ts'
import type { Tables } from './schema.ts'

/** One connection, for as long as a call works on it. */
export interface Connection {
  readonly queries: Queries
  /** `begin`, `commit` or `rollback`. */
  control(statement: 'begin' | 'commit' | 'rollback'): Promise<void>
}

export interface ConnectionOptions {
  readonly connectionString: string
  /** Connections kept at most. */
  readonly poolSize: number
  /** Called for what happens outside any call: a connection that broke while idle. */
  readonly onError: (error: Error) => void
}

/**
 * Statements are planned once a connection, whatever their values: to plan one for each report that comes alone took as
 * long as to write it. One that is planned while a table is empty, or a check of a foreign key, would read it from end to
 * end, however large it has become, until its statistics are renewed; everything here is found by an index.
 */
const SESSION = 'set enable_seqscan = off; set plan_cache_mode = force_generic_plan'

/** How often a statement that nobody waits for any more is told to stop. */
const CANCEL_INTERVAL_MILLISECONDS = 50

/** A pool of connections, each with its statements ready. */
export class Connections {
  readonly #pool: pg.Pool
  readonly #options: ConnectionOptions
  readonly #queries = new WeakMap<pg.PoolClient, Queries>()

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.#pool = new pg.Pool({
      connectionString: options.connectionString,
      max: options.poolSize,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      types: { getTypeParser },
    })
    this.#pool.on('error', options.onError)
    // A connection that the pool has let go of has no listener, and may still be told that the database stops.
    this.#pool.on('connect', (client) => {
      client.on('error', () => {})
      // Its failure is that of the connection, and the first statement's to tell.
      client.query(SESSION).catch(() => {})
    })
  }

  /**
   * Lends a connection. When the signal is aborted, the statement that runs on it is cancelled in the database,
   * and each one after it. A connection whose last statement failed in the connection itself is thrown away.
   */
  async use<Result>(signal: AbortSignal, work: (connection: Connection) => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    const client = await this.#pool.connect()
    const cancelling = this.#cancelOnAbort(client, signal)
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      // Nobody heard it if that was while there was no connection yet.
      signal.throwIfAborted()
      return await work({
        queries: this.#queriesOf(client),
        control: async (statement) => void (await client.query(statement)),
      })
    } catch (error) {
      throw signal.aborted && !(broken instanceof Error) ? signal.reason : error
    } finally {
      // A late cancellation must not hit the next one who borrows it.
      const cancelled = await cancelling.stop()
      client.off('error', onError)
      client.release(broken ?? cancelled)
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  #queriesOf(client: pg.PoolClient): Queries {
    const known = this.#queries.get(client)
    if (known !== undefined) return known
    const lent = { query: prepared(client), release: () => {} }
    const pool = { connect: async () => lent, end: async () => {}, options: {} }
    const queries = queriesOn(new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool as never }) }))
    this.#queries.set(client, queries)
    return queries
  }

  /**
   * Again and again, because an abort between two statements finds none to cancel. Through a connection of its
   * own, because the pool may be used up by just such statements.
   */
  #cancelOnAbort(client: pg.PoolClient, signal: AbortSignal) {
    const { processID } = client as unknown as { readonly processID: number }
    const { connectionString, onError } = this.#options
    let done = false
    let running: Promise<void> | undefined
    const cancel = async () => {
      const control = new pg.Client({ connectionString })
      try {
        await control.connect()
        while (!done) {
          await control.query('select pg_cancel_backend($1)', [processID])
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
    signal.addEventListener('abort', onAbort, { once: true })
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

/**
 * Runs statements by name, so that the database parses and plans each but once a connection. Every statement of
 * this store is one text whatever its values are, lists included: there are few, and they stay few.
 */
function prepared(client: pg.PoolClient) {
  return (text: string, values: unknown[]) => client.query({ name: nameOf(text), text, values })
}

const names = new Map<string, string>()

function nameOf(text: string): string {
  const known = names.get(text)
  if (known !== undefined) return known
  const name = `laurel-${names.size}`
  names.set(text, name)
  return name
}

/** Parsers of this pool alone: 64-bit integers stay exact, in columns as in JSON. */
function getTypeParser(oid: number, format?: 'text' | 'binary') {
  if (format !== 'binary') {
    if (oid === pg.types.builtins.INT8) return (text: string) => BigInt(text)
    if (oid === pg.types.builtins.JSONB || oid === pg.types.builtins.JSON) return parseExactJson
  }
  return pg.types.getTypeParser(oid, format)
}
