import { sleep } from '../../model/sleep.ts'
import type { Services } from '../services.ts'
import { backfillNext } from './backfills.ts'

const POLL_MILLISECONDS = 1_000

/**
 * Applies changed definitions to existing players. Every process runs a worker, and each transaction locks the back-fill
 * that it advances, so any process may die.
 */
export class BackfillWorker {
  readonly #services: Pick<Services, 'store' | 'now'>
  readonly #onError: (error: Error) => void
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined

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
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await this.#poll(signal).catch((error: Error) => {
        if (!signal.aborted) this.#onError(error)
      })
      await sleep(POLL_MILLISECONDS, signal)
    }
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const running = await this.#services.store.read(signal, (queries) => queries.backfills.listRunning())
    for (const key of running) {
      while (await backfillNext(this.#services, key, signal)) {
        // Each transaction leaves time for the reports that waited for its players.
        await sleep(1, signal)
      }
    }
  }
}
