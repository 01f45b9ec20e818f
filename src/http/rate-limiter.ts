import { type Instant, TICKS_PER_SECOND } from '../model/instant.ts'
import type { Rate, RateLimitState } from './gateway.ts'

interface Window {
  readonly end: Instant
  count: number
}

interface Counted {
  readonly state: RateLimitState
  /** The number of calls in the window, including this one. */
  readonly calls: number
  readonly over: boolean
}

/** The maximum number of stored windows; beyond it, the oldest are evicted. */
const MAX_KEYS = 100_000

/** Counts calls in fixed windows that begin with a key's first call. Each process counts its own calls. */
export class RateLimiter {
  readonly #windows = new Map<string, Window>()

  /** Counts a call against a rate; `over` if the limit is exceeded. Rejected calls count too. */
  count(rate: Rate, now: Instant): Counted {
    const window = this.#windowOf(rate, now)
    window.count += 1
    const state = {
      ...rate,
      remaining: Math.max(rate.limit - window.count, 0),
      resetTime: window.end,
      resetAfter: Number(window.end - now) / Number(TICKS_PER_SECOND),
    }
    return { state, calls: window.count, over: window.count > rate.limit }
  }

  #windowOf({ key, periodSeconds }: Rate, now: Instant): Window {
    const current = this.#windows.get(key)
    if (current !== undefined && current.end > now) return current
    this.#windows.delete(key)
    const [oldest] = this.#windows.size >= MAX_KEYS ? this.#windows.keys() : []
    if (oldest !== undefined) this.#windows.delete(oldest)
    const window = { end: now + BigInt(Math.ceil(periodSeconds * 1e7)), count: 0 }
    this.#windows.set(key, window)
    return window
  }
}
