import { LaurelError } from './errors.ts'
import { type Instant, TICKS_PER_SECOND } from './instant.ts'

/** A limit on calls per window, counted by key. */
export interface Rate {
  /** Calls with the same key are counted together; it includes the caller. */
  readonly key: string
  readonly limit: number
  readonly periodSeconds: number
}

/** The state of a rate after this call. */
export interface RateLimitState extends Rate {
  readonly remaining: number
  /** When the window ends. */
  readonly resetTime: Instant
  /** Seconds until then, above 0. */
  readonly resetAfter: number
}

interface Window {
  readonly end: Instant
  count: number
}

export interface Counted {
  readonly state: RateLimitState
  /** RATE_LIMITED if the call is beyond the limit. */
  readonly error: LaurelError | undefined
}

/** The maximum number of stored windows; beyond it, the oldest are evicted. */
const MAX_KEYS = 100_000

/** Counts calls in fixed windows that begin with a key's first call. Each process counts its own calls. */
export class RateLimiter {
  readonly #windows = new Map<string, Window>()

  /** Counts a call against a rate. Rejected calls count too. */
  count(rate: Rate, now: Instant): Counted {
    const window = this.#windowOf(rate, now)
    window.count += 1
    const state = {
      ...rate,
      remaining: Math.max(rate.limit - window.count, 0),
      resetTime: window.end,
      resetAfter: Number(window.end - now) / Number(TICKS_PER_SECOND),
    }
    return { state, error: window.count > rate.limit ? rateLimited(state, window.count) : undefined }
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

function rateLimited({ limit, periodSeconds, resetAfter }: RateLimitState, calls: number): LaurelError {
  const message = `more than ${limit} calls in ${periodSeconds} seconds`
  return new LaurelError('resource_exhausted', 'RATE_LIMITED', message, {
    retryAfter: resetAfter,
    metadata: { limit: String(limit), periodSeconds: String(periodSeconds), calls: String(calls) },
  })
}
