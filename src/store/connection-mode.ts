import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { isStaleStatement } from './errors.ts'

/** The state that a connection keeps between transactions. A pooler in transaction mode may keep none. */
export interface ConnectionMode {
  /** Session settings. */
  readonly keepsSettings: boolean
  /** Prepared statements, even if the next transaction runs on another backend. */
  readonly keepsStatements: boolean
}

/** The mode after a prepared statement was missing: works on every connection. */
export const KEEPS_NOTHING: ConnectionMode = { keepsSettings: false, keepsStatements: false }

/** Repeated, because a pooler may assign the same backend several times by chance. */
const ROUNDS = 4
/** How long a transaction stays open for another one, which waits for its end if there is only one backend. */
const HOLD_MILLISECONDS = 200
const TIMEOUT_MILLISECONDS = 10_000

/** The state that one transaction of a probe found. */
interface Finding {
  readonly hasSetting: boolean
  readonly hasStatement: boolean
  /** Whether the transaction ran on another backend than `prepare`. */
  readonly isElsewhere: boolean
}

/**
 * Detects the mode. Two connections each set a setting and prepare a statement, and look for both in later transactions: in
 * turn, and while the other connection has a transaction open, so that a pooler must assign another backend.
 * @throws the driver's error if the database cannot be reached.
 */
export async function detectConnectionMode(connectionString: string): Promise<ConnectionMode> {
  await using open = new AsyncDisposableStack()
  const [one, two] = [await connect(connectionString, open), await connect(connectionString, open)]
  for (const probe of [one, two]) await probe.prepare()
  const findings: Finding[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    // Twice in a row: a pooler that alternates between two backends would assign each connection the same one every time.
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

/** Lets the second probe look while the first occupies its backend. */
async function lookTogether(holder: Probe, other: Probe): Promise<readonly Finding[]> {
  const first = await holder.begin()
  const waiting = other.look()
  await Promise.race([waiting, sleep(HOLD_MILLISECONDS, undefined, { ref: false })])
  const [, found] = await Promise.all([holder.rollback(), waiting])
  return [first, found]
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
  /** The value of the setting, and part of the statement's name: a backend may have those of other probes. */
  readonly #token = randomUUID()
  #backend: number | undefined

  constructor(client: pg.Client) {
    this.#client = client
  }

  async prepare(): Promise<void> {
    await this.#client.query('begin')
    // Used by nothing else, because it stays on a backend that other programs may share.
    await this.#client.query(`set laurel.probe = '${this.#token}'`)
    await this.#execute()
    this.#backend = (await this.#session()).backend
    await this.#client.query('commit')
  }

  async look(): Promise<Finding> {
    const found = await this.begin()
    await this.rollback()
    return found
  }

  /** Looks, and leaves the transaction open. */
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

  /** Prepares the statement the first time. Returns whether it ran. */
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
