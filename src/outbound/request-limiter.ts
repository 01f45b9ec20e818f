import type { Limits } from './outbound.ts'
import { sleepUnlessAborted } from './sleep.ts'

/** How many requests of this process may be under way, and how many may begin in a second. */
export class RequestLimiter {
  readonly #limits: Pick<Limits, 'inFlight' | 'perSecond' | 'burst'>
  readonly #waiting: (() => void)[] = []
  #free: number
  /** When the budget would be as full as ever, were nothing more sent. */
  #full = 0
  #heldUntil = 0

  constructor(limits: Pick<Limits, 'inFlight' | 'perSecond' | 'burst'>) {
    this.#limits = limits
    this.#free = limits.inFlight
  }

  /**
   * Does the work when it is its turn. Places are given in the order in which they were asked for.
   * @throws the signal's reason if it is given up while it waits; what the work throws
   */
  async run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    await this.#enter(signal)
    try {
      await this.#turn(signal)
      return await work()
    } finally {
      this.#leave()
    }
  }

  /** Nobody's turn comes for so many milliseconds. */
  hold(milliseconds: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, performance.now() + milliseconds)
  }

  async #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    await new Promise<void>((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        reject(signal.reason)
      }
      this.#waiting.push(enter)
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  /** The place goes to who waited longest. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free += 1
    else next()
  }

  /** Looks again after each sleep: meanwhile it may have been held, or others have come first. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { perSecond, burst } = this.#limits
    const interval = 1000 / perSecond
    for (;;) {
      const now = performance.now()
      const wait = Math.max(this.#heldUntil, this.#full - (burst - 1) * interval) - now
      if (wait <= 0) {
        this.#full = Math.max(this.#full, now) + interval
        return
      }
      await sleepUnlessAborted(Math.ceil(wait), signal)
    }
  }
}
