import { LaurelError } from './errors.ts'

/**
 * Limits concurrent calls, and the calls that wait for a slot. Keys, such as callers, take turns; calls of one key get
 * their slots in order of arrival. Further calls fail at once: a key may wait with as many calls as places are free, so
 * that one key alone takes half of them, and always leaves room for another.
 */
export class Semaphore {
  #free: number
  readonly #maxWaiting: number
  /** By key, the waiting calls; the key with the next turn first. */
  readonly #queues = new Map<string, Set<() => void>>()
  #waiting = 0

  constructor(count: number, maxWaiting: number) {
    this.#free = count
    this.#maxWaiting = maxWaiting
  }

  /** The number of calls that wait for a slot. */
  get waiting(): number {
    return this.#waiting
  }

  /**
   * Runs work in a slot.
   * @throws LaurelError RESOURCE_EXHAUSTED if too many calls wait; the signal's reason if it is aborted meanwhile.
   */
  async run<Result>(signal: AbortSignal, work: () => Promise<Result>, key = ''): Promise<Result> {
    signal.throwIfAborted()
    if (!this.tryAcquire()) await this.acquire(signal, key)
    try {
      return await work()
    } finally {
      this.release()
    }
  }

  /** Takes a free slot, to be released; returns false if there is none. */
  tryAcquire(): boolean {
    if (this.#free === 0) return false
    this.#free -= 1
    return true
  }

  /** Waits for a slot, to be released. Throws as `run` does. */
  async acquire(signal: AbortSignal, key: string): Promise<void> {
    const queue = this.#queues.get(key) ?? new Set()
    if (queue.size >= this.#maxWaiting - this.#waiting) throw tooManyRequests()
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#remove(key, queue, enter)
        reject(signal.reason)
      }
      const enter = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      queue.add(enter)
      this.#queues.set(key, queue)
      this.#waiting += 1
    })
  }

  release(): void {
    const [turn] = this.#queues
    if (turn === undefined) {
      this.#free += 1
      return
    }
    const [key, queue] = turn
    const [next] = queue
    this.#queues.delete(key)
    this.#queues.set(key, queue)
    this.#remove(key, queue, next as () => void)
    next?.()
  }

  #remove(key: string, queue: Set<() => void>, enter: () => void): void {
    queue.delete(enter)
    this.#waiting -= 1
    if (queue.size === 0) this.#queues.delete(key)
  }
}

function tooManyRequests(): LaurelError {
  const message = 'the server has too many calls in progress: try again shortly'
  return new LaurelError('resource_exhausted', 'TOO_MANY_REQUESTS', message, { retryAfter: 1 })
}
