import { type Instant, TICKS_PER_SECOND } from '../model/instant.ts'
import type { Rate, RateLimitState } from './gateway.ts'

interface Window {
  readonly end: Instant
  count: number
}

interface Counted {
  readonly state: RateLimitState
  /** Calls in the window, this one among them. */
  readonly calls: number
  readonly over: boolean
}

/** So many keys are remembered at most; beyond it, the windows that began first are forgotten. */
const MOST_KEYS = 100_000

/** Counts calls in fixed windows that begin with a key's first call. In this process's memory: each counts its own. */
export class RateLimiter {
  readonly #windows = new Map<string, Window>()

  /** Counts a call against a rate; `over` when it has no room left. Calls that are refused count too. */
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
    const known = this.#windows.get(key)
    if (known !== undefined && known.end > now) return known
    this.#windows.delete(key)
    const [oldest] = this.#windows.size >= MOST_KEYS ? this.#windows.keys() : []
    if (oldest !== undefined) this.#windows.delete(oldest)
    const window = { end: now + BigInt(Math.ceil(periodSeconds * 1e7)), count: 0 }
    this.#windows.set(key, window)
    return window
  }
}
