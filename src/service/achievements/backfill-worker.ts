import type { BackfillKey } from '../../model/backfill.ts'
import { compositeKey } from '../../model/composite-key.ts'
import { sleep } from '../../model/sleep.ts'
import type { Services } from '../services.ts'
import { backfillNext } from './backfills.ts'

const POLL_MILLISECONDS = 1_000
/** Before all back-fills: no id is empty. */
const START: BackfillKey = { titleId: '', achievementId: '' }
/** Each takes a connection. */
const MAX_IN_PROGRESS = 2

/**
 * Applies changed definitions to existing players. Every process runs a worker, and each transaction locks the back-fill
 * that it advances, so any process may die.
 */
export class BackfillWorker {
  readonly #services: Pick<Services, 'store' | 'now'>
  readonly #onError: (error: Error) => void
  readonly #stopping = new AbortController()
  readonly #inProgress = new Map<string, Promise<void>>()
  #running: Promise<void> | undefined
  /** The back-fill that was started last; `START` after the last one of all. */
  #after: BackfillKey = START

  constructor(services: Pick<Services, 'store' | 'now'>, onError: (error: Error) => void) {
    this.#services = services
    this.#onError = onError
  }

  start(): void {
    this.#running ??= this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await Promise.all(this.#inProgress.values())
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const hasWork = await this.#poll().catch((error: Error) => this.#report(error))
      if (hasWork !== true) await sleep(POLL_MILLISECONDS, signal)
    }
  }

  /**
   * Starts running back-fills in the free places, each time the next ones, so that a back-fill that fails, or waits for a lock, delays no
   * other for long. Returns whether there may be more.
   */
  async #poll(): Promise<boolean> {
    const { signal } = this.#stopping
    const after = this.#after
    const free = MAX_IN_PROGRESS - this.#inProgress.size
    const next = await this.#services.store.read(signal, (queries) =>
      queries.backfills.listRunning(after, free),
    )
    this.#after = next.length < free ? START : (next.at(-1) ?? after)
    for (const key of next) {
      const name = compositeKey(key.titleId, key.achievementId)
      if (this.#inProgress.has(name)) continue
      this.#inProgress.set(
        name,
        this.#fill(key).finally(() => this.#inProgress.delete(name)),
      )
    }
    if (this.#inProgress.size > 0)
      await Promise.race([...this.#inProgress.values(), sleep(POLL_MILLISECONDS, signal)])
    return next.length > 0 || after !== START || this.#inProgress.size > 0
  }

  async #fill(key: BackfillKey): Promise<void> {
    const { signal } = this.#stopping
    try {
      let hasMore: boolean | undefined = true
      while (hasMore) {
        hasMore = await backfillNext(this.#services, key, signal)
        // Each transaction leaves time for the reports that waited for its players.
        await sleep(hasMore === undefined ? POLL_MILLISECONDS : 1, signal)
      }
    } catch (error) {
      this.#report(error as Error)
      await sleep(POLL_MILLISECONDS, signal)
    }
  }

  #report(error: Error): void {
    if (!this.#stopping.signal.aborted) this.#onError(error)
  }
}
