import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

const CHANNEL = 'laurel_written'
/** So long between two notices of one process. */
const QUIET_MILLISECONDS = 50
const LONGEST_RETRY_MILLISECONDS = 10_000

/**
 * Tells the processes on a database that something was written. Only a hint: notices get lost while a connection is made
 * anew, and there are none at all behind a pooler that shares backends.
 */
export class CommitNotifier {
  readonly #connectionString: string
  readonly #onCommit: () => void
  readonly #stopping = new AbortController()
  #client: pg.Client | undefined
  #running: Promise<void> | undefined
  #isQuiet = false
  #isDue = false

  constructor(connectionString: string, onCommit: () => void) {
    this.#connectionString = connectionString
    this.#onCommit = onCommit
  }

  /** Listens from now on. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Tells the others, at once or with the next notice. */
  send(): void {
    if (this.#isQuiet) {
      this.#isDue = true
      return
    }
    this.#isQuiet = true
    this.#isDue = false
    setTimeout(() => {
      this.#isQuiet = false
      if (this.#isDue) this.send()
    }, QUIET_MILLISECONDS).unref()
    this.#client?.query(`notify ${CHANNEL}`).catch(() => {})
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#client?.end().catch(() => {})
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    for (let failures = 0; !signal.aborted; failures += 1) {
      const connected = await this.#listen()
      if (connected) failures = 0
      const pause = Math.min(2 ** failures * 100, LONGEST_RETRY_MILLISECONDS)
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {})
    }
  }

  /** Until the connection breaks; whether there was one. */
  async #listen(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.#connectionString, keepAlive: true })
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()))
    client.on('error', () => {})
    client.on('notification', this.#onCommit)
    try {
      await client.connect()
      this.#client = client
      await client.query(`listen ${CHANNEL}`)
      if (this.#stopping.signal.aborted) await client.end()
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
