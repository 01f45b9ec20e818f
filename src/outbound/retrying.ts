import { sleep } from '../model/sleep.ts'
import type { HttpResponse, OutboundRequest, Target } from './contract.ts'
import { OutboundError } from './outbound-error.ts'

export interface BackoffBounds {
  /** The upper bound of the first wait. Doubles with each attempt. */
  readonly firstMilliseconds: number
  readonly maxMilliseconds: number
}

export interface RetryPolicy extends BackoffBounds {
  readonly maxAttempts: number
  /** No attempt starts later than this after the first. */
  readonly maxElapsedMilliseconds: number
}

const RETRY_POLICY: RetryPolicy = {
  maxAttempts: 8,
  maxElapsedMilliseconds: 5 * 60_000,
  firstMilliseconds: 1_000,
  maxMilliseconds: 60_000,
}
const TOO_MANY_REQUESTS = 429

/**
 * Returns the milliseconds to wait after a failed attempt: random, below a bound that doubles with each attempt, so that
 * clients that failed together do not return together; and randomly after `retryAfter`.
 * @param attempt how many have failed, from 1
 * @param random at least 0, less than 1
 */
export function backoff(
  attempt: number,
  retryAfterMilliseconds: number | undefined,
  random: number,
  { firstMilliseconds, maxMilliseconds }: BackoffBounds,
): number {
  const jittered = random * Math.min(maxMilliseconds, firstMilliseconds * 2 ** (attempt - 1))
  if (retryAfterMilliseconds === undefined) return jittered
  return Math.max(jittered, retryAfterMilliseconds + random * firstMilliseconds)
}

/**
 * Sends an idempotent request, and retries it after 429, 5xx and transient failures. A rate limit in a response pauses
 * the target for all its callers.
 * @returns the last response, which may be a 429 or a 5xx if the retry policy is exhausted
 * @throws OutboundError of the last attempt; the signal's reason
 */
export async function sendRetrying(
  target: Target,
  request: OutboundRequest,
  signal: AbortSignal,
  retryPolicy: Partial<RetryPolicy> = {},
): Promise<HttpResponse> {
  const { maxAttempts, maxElapsedMilliseconds, ...bounds } = { ...RETRY_POLICY, ...retryPolicy }
  const end = performance.now() + maxElapsedMilliseconds
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await target.send(request, signal).catch(transient)
    const isFailure = outcome instanceof OutboundError
    const { retryAfterMilliseconds } = outcome
    if (!isFailure && retryAfterMilliseconds !== undefined) target.pause(retryAfterMilliseconds)
    const canRetry = isFailure || outcome.status === TOO_MANY_REQUESTS || outcome.status >= 500
    const wait = backoff(attempt, retryAfterMilliseconds, Math.random(), bounds)
    if (!canRetry || attempt >= maxAttempts || performance.now() + wait > end) {
      if (isFailure) throw outcome
      return outcome
    }
    await sleep(wait, signal)
    signal.throwIfAborted()
  }
}

function transient(error: unknown): OutboundError {
  if (error instanceof OutboundError && error.isTransient) return error
  throw error
}
