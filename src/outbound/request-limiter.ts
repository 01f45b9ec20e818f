import { Semaphore } from '../model/semaphore.ts'
import { sleep } from '../model/sleep.ts'
import type { Limits } from './contract.ts'

type RequestLimits = Pick<Limits, 'maxInFlight' | 'requestsPerSecond' | 'burst'>

/** Limits this process's requests to one target: how many run at once, and how many start per second. */
export class RequestLimiter {
  readonly #limits: RequestLimits
  readonly #inFlight: Semaphore
  /** When the burst allowance would be full again if no request started. */
  #fullTime = 0
  #pausedUntil = 0

  constructor(limits: RequestLimits) {
    this.#limits = limits
    this.#inFlight = new Semaphore(limits.maxInFlight, Number.POSITIVE_INFINITY)
  }

  /**
   * Runs the work in its turn, first come, first served.
   * @throws the signal's reason if it is aborted while waiting; any error of the work
   */
  async run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.#inFlight.run(signal, async () => {
      await this.#waitForRate(signal)
      return work()
    })
  }

  /** Starts no work for the time. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + milliseconds)
  }

  /** Checks again after each sleep: the target may have been paused, or other requests may have started. */
  async #waitForRate(signal: AbortSignal): Promise<void> {
    const { requestsPerSecond, burst } = this.#limits
    const interval = 1000 / requestsPerSecond
    for (;;) {
      const now = performance.now()
      const wait = Math.max(this.#pausedUntil, this.#fullTime - (burst - 1) * interval) - now
      if (wait <= 0) {
        this.#fullTime = Math.max(this.#fullTime, now) + interval
        return
      }
      await sleep(Math.ceil(wait), signal)
      signal.throwIfAborted()
    }
  }
}
