import { sleep } from '../../model/sleep.ts'
import type { Services } from '../services.ts'

/** The minimum time between two counts. An unlock is counted within twice that time after its event is safe. */
const INTERVAL_MILLISECONDS = 1_000
/** Events per transaction: it holds the lock of the position, for which the deletion of a player waits. */
const BATCH_SIZE = 20_000

/**
 * Counts unlocks by reading the events, so that no report writes a row that reports of other players write. Every process runs one; the
 * transaction that counts locks the position, so each event is counted once.
 */
export class UnlockCounter {
  readonly #services: Pick<Services, 'store' | 'safePosition'>
  readonly #onError: (error: Error) => void
  readonly #stopping = new AbortController()
  #counted = 0n
  #running: Promise<void> | undefined

  constructor(services: Pick<Services, 'store' | 'safePosition'>, onError: (error: Error) => void) {
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
    const { safePosition } = this.#services
    while (!signal.aborted && !safePosition.closed) {
      await safePosition.wait(this.#counted, INTERVAL_MILLISECONDS, signal)
      const { position } = safePosition
      if (position !== undefined && position > this.#counted) {
        await this.countTo(position).catch((error: Error) => {
          if (!signal.aborted) this.#onError(error)
        })
      }
      await sleep(INTERVAL_MILLISECONDS, signal)
    }
  }

  /**
   * Counts the events up to a position that is safe. While another process counts, it returns, and the next turn tries again: the other
   * process may end before it has counted them.
   */
  async countTo(safe: bigint): Promise<void> {
    const { store } = this.#services
    for (let count = BATCH_SIZE; count === BATCH_SIZE; ) {
      const counted = await store.write(this.#stopping.signal, async (queries) => {
        const position = await queries.unlockTotals.lockPosition()
        if (position === undefined) return undefined
        return position >= safe ? 0 : queries.unlockTotals.countNext(position, safe, BATCH_SIZE)
      })
      if (counted === undefined) return
      count = counted
    }
    this.#counted = safe
  }
}
