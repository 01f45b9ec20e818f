import type { Verdict } from '../dialect/bridge.ts'
import type { DeliveryRequest, DeliveryResponse } from '../model/delivery.ts'
import type { Destination } from '../model/destination.ts'
import { type Duration, TICKS_PER_MILLISECOND } from '../model/instant.ts'
import { backoff } from '../outbound/backoff.ts'
import { type HttpResponse, OutboundError, type OutboundRequest, type Target } from '../outbound/outbound.ts'
import type { Attempt, AttemptResult, ClaimedDeliveries } from '../service/destinations/claim-deliveries.ts'
import type { SentDeliveries } from '../service/destinations/complete-deliveries.ts'
import type { RateLimiter } from './rate-limiter.ts'
import type { PlannedRequest, RequestPlan } from './request-plan.ts'
import { storable, storedRequest, storedResponse } from './stored-request.ts'

/** Within a second, then within twice as long each time, up to an hour. */
const RETRY_POLICY = { first: 1_000, longest: 60 * 60 * 1000 }

/** How requests get there. */
interface Way {
  readonly sender: Pick<Target, 'send' | 'breaker'>
  readonly rateLimiter: RateLimiter
  /**
   * By `performance.now()`: nothing is begun after it. A process that was stopped for a while knows it by the clock before
   * any timer tells.
   */
  readonly deadline: number
}

/**
 * Sends one player's deliveries, one request after the other. What has to be tried again stops those after it, so that
 * they arrive in their order.
 * @param signal ends what is under way, as something that may have arrived
 */
export async function send(
  destination: Destination,
  { sender, rateLimiter, deadline }: Way,
  claimed: ClaimedDeliveries,
  planned: PlannedRequest,
  signal: AbortSignal,
): Promise<SentDeliveries> {
  const { playerId } = claimed.claim
  const results: AttemptResult[] = planned.unsupported.map(({ attempt, why }) =>
    resultOf(playerId, attempt, { state: 'unsupported', error: why }),
  )
  let requests = 0
  let held = 0
  let failures = claimed.claim.failures
  let stopped: Backoff | undefined

  /** The first is paid for; and what is taken apart goes on, or it would be refused as a whole each time. */
  async function sendOne(plan: RequestPlan, isRateLimited = requests > 0): Promise<void> {
    if (isRateLimited && rateLimiter.wait > 0) stopped ??= { failures, rest: toTicks(rateLimiter.wait) }
    if (stopped !== undefined || signal.aborted || performance.now() >= deadline) {
      for (const attempt of plan.attempts) results.push(resultOf(playerId, attempt, { state: 'unsent' }))
      return
    }
    const { request, attempts, key } = plan
    const sent = {
      idempotencyKey: key,
      request: storedRequest(destination, request),
      isProbe: sender.breaker !== 'closed',
    }
    try {
      if (plan.before !== undefined) await sendRequest(plan.before)
      const response = await sendRequest(request)
      held = Math.max(held, response.retryAfter ?? 0)
      const verdicts = plan.interpret(response)
      if (verdicts.every(({ kind }) => kind === 'refused') && plan.splitByAchievement.length > 0) {
        for (const one of plan.splitByAchievement) await sendOne(one, false)
        return
      }
      for (const [index, attempt] of attempts.entries()) {
        put(attempt, verdicts[index] as Verdict, { ...sent, response: storedResponse(response) })
      }
    } catch (error) {
      if (error instanceof OutboundError && error.kind === 'circuit_open') {
        stopped = { failures, rest: toTicks(error.retryAfter ?? 0) }
        for (const attempt of attempts) {
          results.push(resultOf(playerId, attempt, { state: 'unsent', error: error.message }))
        }
        return
      }
      const why = failureOf(error, signal)
      for (const attempt of attempts) put(attempt, { kind: 'retry', why }, { ...sent, response: undefined })
    }
  }

  async function sendRequest(request: OutboundRequest): Promise<HttpResponse> {
    requests += 1
    rateLimiter.count()
    return sender.send(request, signal)
  }

  function put(attempt: Attempt, verdict: Verdict, sent: Sent): void {
    // Who takes something is there, however much fails before and after it.
    if (verdict.kind === 'delivered') failures = 0
    if (verdict.kind === 'retry') stopped ??= backoffAfter(failures)
    const { isProbe, ...kept } = sent
    const state = isProbe && verdict.kind === 'retry' ? PROBED : stateAfter(attempt, verdict, destination)
    results.push(resultOf(playerId, attempt, { ...kept, ...state, error: errorOf(verdict) }))
  }

  for (const plan of planned.plan) await sendOne(plan)
  return { claim: claimed.claim, results, requests, held: toTicks(held), ...(stopped ?? AT_ONCE) }
}

/** What becomes of deliveries for which nothing can be sent, because something is amiss here or there. */
export function unsent(claimed: ClaimedDeliveries, why: string): SentDeliveries {
  const { claim, attempts } = claimed
  const results = attempts.map((attempt) =>
    resultOf(claim.playerId, attempt, { state: 'unsent', error: why }),
  )
  return { claim, results, requests: 0, held: 0n, ...backoffAfter(claim.failures) }
}

interface Sent {
  /** It was let through to see whether a destination that is away is back. */
  readonly isProbe: boolean
  readonly idempotencyKey: string
  readonly request: DeliveryRequest
  readonly response: DeliveryResponse | undefined
}

function resultOf(
  playerId: string,
  { event }: Attempt,
  result: Pick<AttemptResult, 'state'> & Partial<AttemptResult>,
): AttemptResult {
  return {
    playerId,
    eventId: event.id,
    idempotencyKey: '',
    request: undefined,
    response: undefined,
    error: '',
    ...result,
  }
}

function stateAfter(
  { number }: Attempt,
  verdict: Verdict,
  { limits }: Destination,
): Pick<AttemptResult, 'state'> {
  if (verdict.kind === 'delivered') return { state: 'delivered' }
  const isLast = verdict.kind === 'refused' || number >= limits.maxAttempts
  return { state: isLast ? 'dead' : 'pending' }
}

const PROBED = { state: 'probed' } as const

function errorOf(verdict: Verdict): string {
  return verdict.kind === 'delivered' ? '' : storable(verdict.why)
}

type Backoff = Pick<SentDeliveries, 'failures' | 'rest'>

const AT_ONCE: Backoff = { failures: 0, rest: 0n }

/** @param before how many tries in a row had failed */
function backoffAfter(before: number): Backoff {
  const failures = before + 1
  return { failures, rest: toTicks(backoff(failures, undefined, Math.random(), RETRY_POLICY)) }
}

/** What is broken off may have arrived, as what was not answered may. */
function failureOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'it was broken off before it was answered'
  if (error instanceof OutboundError) return error.message
  throw error
}

function toTicks(milliseconds: number): Duration {
  return BigInt(Math.round(milliseconds)) * TICKS_PER_MILLISECOND
}
