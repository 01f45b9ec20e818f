import { addAbortListener } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const CHANNEL = 'laurel_written'
/** The shortest time between two notifications of one process. */
const QUIET_MILLISECONDS = 50
/** Limits connecting, and the wait of a stop for a database that does not respond. */
const TIMEOUT_MILLISECONDS = 5_000
const FIRST_RETRY_MILLISECONDS = 100
const MAX_RETRY_MILLISECONDS = 10_000

/**
 * Notifies the other processes on the database of commits, by LISTEN and NOTIFY. Best effort: notifications are lost while
 * a connection is down, and there are none behind a pooler that shares backends.
 */
export class CommitNotifier {
  readonly #connectionString: string
  readonly #onCommit: () => void
  readonly #stopping = new AbortController()
  #client: pg.Client | undefined
  #running: Promise<void> | undefined
  #isPending = false
  #isSending = false

  constructor(connectionString: string, onCommit: () => void) {
    this.#connectionString = connectionString
    this.#onCommit = onCommit
  }

  /** Listens until `close`. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Notifies the other processes, at most once per 50 ms, and only after the previous notification was sent. */
  send(): void {
    this.#isPending = true
    if (!this.#isSending) void this.#sendPending()
  }

  async #sendPending(): Promise<void> {
    this.#isSending = true
    while (this.#isPending) {
      this.#isPending = false
      const sent = this.#client?.query(`notify ${CHANNEL}`).catch(() => {})
      await Promise.all([sent, sleep(QUIET_MILLISECONDS, undefined, { ref: false })])
    }
    this.#isSending = false
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await Promise.race([this.#running, sleep(TIMEOUT_MILLISECONDS, undefined, { ref: false })])
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; failures += 1) {
      const wasConnected = await this.#listen()
      if (wasConnected) failures = 0
      const wait = Math.min(2 ** failures * FIRST_RETRY_MILLISECONDS, MAX_RETRY_MILLISECONDS)
      await sleep(wait, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  /** Listens until the connection ends. Returns whether it was established. */
  async #listen(): Promise<boolean> {
    const client = new pg.Client({
      connectionString: this.#connectionString,
      connectionTimeoutMillis: TIMEOUT_MILLISECONDS,
      keepAlive: true,
    })
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
    client.on('error', () => {})
    client.on('notification', this.#onCommit)
    using _ = addAbortListener(this.#stopping.signal, () => void client.end().catch(() => {}))
    try {
      // A connection that is ended while it is being made neither resolves nor rejects.
      await Promise.race([client.connect(), ended])
      await client.query(`listen ${CHANNEL}`)
      this.#client = client
      await ended
      return true
    } catch {
      await client.end().catch(() => {})
      return false
    } finally {
      this.#client = undefined
    }
  }
}
