import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { isStaleStatement } from './errors.ts'

/** What a connection keeps from one transaction to the next. A pooler in transaction mode may keep neither. */
export interface ConnectionMode {
  /** Settings of the session. */
  readonly keepsSettings: boolean
  /** Prepared statements, also where the next transaction runs on another backend. */
  readonly keepsStatements: boolean
}

/** Assumed once a prepared statement is missing: it is right on every connection. */
export const KEEPS_NOTHING: ConnectionMode = { keepsSettings: false, keepsStatements: false }

/** A pooler may hand out the same backend several times by chance. */
const ROUNDS = 4
/** How long a transaction is held open for another one, which waits for its end where there is one backend only. */
const HOLD_MILLISECONDS = 200
const TIMEOUT_MILLISECONDS = 10_000

/** What a transaction found of what was prepared. */
interface Finding {
  readonly hasSetting: boolean
  readonly hasStatement: boolean
  /** Whether it ran on another backend than the one that was prepared. */
  readonly isElsewhere: boolean
}

/**
 * Finds out what connections keep. Two of them set a setting and prepare a statement each, and look for both in later
 * transactions: one after the other, and while the other one holds a transaction open, so that a pooler has to hand out
 * another backend.
 * @throws the driver's error when the database cannot be reached.
 */
export async function detectConnectionMode(connectionString: string): Promise<ConnectionMode> {
  await using open = new AsyncDisposableStack()
  const [one, two] = [await connect(connectionString, open), await connect(connectionString, open)]
  for (const probe of [one, two]) await probe.prepare()
  const findings: Finding[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    // Twice in a row, or a pooler that takes two backends in turn would give each connection its own every time.
    findings.push(await one.look(), await one.look())
    findings.push(...(await lookTogether(one, two)), ...(await lookTogether(two, one)))
  }
  const keepsSettings = findings.every(({ hasSetting }) => hasSetting)
  const hasMoved = findings.some(({ isElsewhere }) => isElsewhere)
  return {
    keepsSettings,
    keepsStatements: (keepsSettings || hasMoved) && findings.every(({ hasStatement }) => hasStatement),
  }
}

/** The second one looks while the first one holds its backend. */
async function lookTogether(holder: Probe, other: Probe): Promise<readonly Finding[]> {
  const held = await holder.begin()
  const waiting = other.look()
  await Promise.race([waiting, sleep(HOLD_MILLISECONDS, undefined, { ref: false })])
  const [, found] = await Promise.all([holder.rollback(), waiting])
  return [held, found]
}

async function connect(connectionString: string, open: AsyncDisposableStack): Promise<Probe> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: TIMEOUT_MILLISECONDS,
    query_timeout: TIMEOUT_MILLISECONDS,
  })
  client.on('error', () => {})
  open.defer(() => client.end().catch(() => {}))
  await client.connect()
  return new Probe(client)
}

class Probe {
  readonly #client: pg.Client
  /** The value of the setting, and part of the statement's name: backends may hold those of other probes. */
  readonly #token = randomUUID()
  #backend: number | undefined

  constructor(client: pg.Client) {
    this.#client = client
  }

  async prepare(): Promise<void> {
    await this.#client.query('begin')
    // A setting that nothing else reads: it stays on a backend that other programs may share.
    await this.#client.query(`set laurel.probe = '${this.#token}'`)
    await this.#execute()
    this.#backend = (await this.#session()).backend
    await this.#client.query('commit')
  }

  /** Looks in a transaction of its own. */
  async look(): Promise<Finding> {
    const found = await this.begin()
    await this.rollback()
    return found
  }

  /** Looks in a transaction that is left open. */
  async begin(): Promise<Finding> {
    await this.#client.query('begin')
    const { backend, setting } = await this.#session()
    const hasStatement = await this.#execute()
    return { hasSetting: setting === this.#token, hasStatement, isElsewhere: backend !== this.#backend }
  }

  async rollback(): Promise<void> {
    await this.#client.query('rollback')
  }

  async #session() {
    const { rows } = await this.#client.query<{ backend: number; setting: string | null }>(
      "select pg_backend_pid() as backend, current_setting('laurel.probe', true) as setting",
    )
    return rows[0] as (typeof rows)[0]
  }

  /** Prepares the statement the first time. Returns whether it could be run. */
  async #execute(): Promise<boolean> {
    try {
      await this.#client.query({ name: `laurel-probe-${this.#token}`, text: 'select 1' })
      return true
    } catch (error) {
      if (isStaleStatement(error)) return false
      throw error
    }
  }
}
