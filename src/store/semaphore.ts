import { LaurelError } from '../model/errors.ts'

/**
 * So many calls at once, and so many more that wait in their order: one beyond these is told to come back, before
 * anything was done for it.
 */
export class Semaphore {
  #free: number
  readonly #maxWaiting: number
  readonly #waiting = new Set<() => void>()

  constructor(count: number, maxWaiting: number) {
    this.#free = count
    this.#maxWaiting = maxWaiting
  }

  /**
   * Runs work in a slot.
   * @throws LaurelError RESOURCE_EXHAUSTED when too many wait; the signal's reason when it is aborted meanwhile.
   */
  async run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    signal.throwIfAborted()
    await this.#take(signal)
    try {
      return await work()
    } finally {
      this.#give()
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return
    }
    if (this.#waiting.size >= this.#maxWaiting) throw tooManyRequests()
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.delete(enter)
        reject(signal.reason)
      }
      const enter = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.add(enter)
    })
  }

  /** A slot goes to who waits longest. */
  #give(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#free += 1
      return
    }
    this.#waiting.delete(next)
    next()
  }
}

function tooManyRequests(): LaurelError {
  const message = 'the server has too much to do: try again shortly'
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, { retryAfter: 1 })
}
