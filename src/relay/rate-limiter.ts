/**
 * How many requests this process begins, of those that nobody has paid for yet: a claim pays for the first of each player,
 * and what more it took is charged when all is over. Until then this keeps a player who has much from using up a budget
 * that is not there. A second's worth may begin at once.
 */
export class RateLimiter {
  readonly #interval: number
  readonly #burst: number
  /** By `performance.now()`: when as much may begin as ever. */
  #full = 0

  constructor(requestsPerSecond: number) {
    this.#interval = 1000 / requestsPerSecond
    this.#burst = Math.max(1000, this.#interval)
  }

  /** Counts a request that begins in any case. */
  count(): void {
    this.#full = Math.max(this.#full, performance.now()) + this.#interval
  }

  /** Milliseconds until one more may begin; 0 for now. */
  get wait(): number {
    return Math.max(0, this.#full + this.#interval - this.#burst - performance.now())
  }
}
