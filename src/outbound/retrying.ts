import { BACKOFF, type BackoffBounds, backoff } from './backoff.ts'
import type { HttpResponse, OutboundRequest, Target } from './outbound.ts'
import { OutboundError } from './outbound-error.ts'
import { sleepUnlessAborted } from './sleep.ts'

export interface RetryPolicy extends BackoffBounds {
  readonly attempts: number
  /** Milliseconds from the first attempt, after which none begins. */
  readonly within: number
}

const RETRY_POLICY: RetryPolicy = { attempts: 8, within: 5 * 60_000, ...BACKOFF }
const TOO_MANY_REQUESTS = 429

/**
 * Sends a request, and again while trying may help: after 429, 5xx, and failures that pass. What an answer says of
 * limits holds the target, for whoever sends next. For requests that may arrive twice.
 * @returns the last answer, which may be a 429 or a 5xx when patience is at its end
 * @throws OutboundError of the last attempt; the signal's reason
 */
export async function sendRetrying(
  target: Target,
  request: OutboundRequest,
  signal: AbortSignal,
  retryPolicy: Partial<RetryPolicy> = {},
): Promise<HttpResponse> {
  const { attempts, within, ...bounds } = { ...RETRY_POLICY, ...retryPolicy }
  const end = performance.now() + within
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await target.send(request, signal).catch((error) => passing(error))
    const failed = outcome instanceof OutboundError
    if (!failed && outcome.retryAfter !== undefined) target.hold(outcome.retryAfter)
    const again = failed || outcome.status === TOO_MANY_REQUESTS || outcome.status >= 500
    const wait = backoff(attempt, outcome.retryAfter, Math.random(), bounds)
    if (!again || attempt >= attempts || performance.now() + wait > end) {
      if (failed) throw outcome
      return outcome
    }
    await sleepUnlessAborted(wait, signal)
  }
}

function passing(error: unknown): OutboundError {
  if (error instanceof OutboundError && error.passing) return error
  throw error
}
