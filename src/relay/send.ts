import type { Verdict } from '../dialect/bridge.ts'
import type { DeliveryRequest, DeliveryResponse } from '../model/delivery.ts'
import type { Destination } from '../model/destination.ts'
import { type Duration, TICKS_PER_MILLISECOND } from '../model/instant.ts'
import type { HttpResponse, OutboundRequest, Target } from '../outbound/contract.ts'
import { OutboundError } from '../outbound/outbound-error.ts'
import { backoff } from '../outbound/retrying.ts'
import type { Attempt, AttemptResult, ClaimedDeliveries } from '../service/destinations/claim-deliveries.ts'
import type { SentDeliveries } from '../service/destinations/complete-deliveries.ts'
import { storable, storedRequest, storedResponse } from './request.ts'
import type { PlannedRequest, RequestPlan } from './request-plan.ts'

/** One response, about one player, stops the requests for all others no longer than this. */
const MAX_PAUSE_MILLISECONDS = 60_000
const BACKOFF_BOUNDS = { firstMilliseconds: 1_000, maxMilliseconds: 60 * 60 * 1000 }

interface SendContext {
  readonly sender: Pick<Target, 'send' | 'breaker'>
  readonly rateLimiter: RateLimiter
  /**
   * By `performance.now()`: no request starts later. After the process was suspended, the clock shows it before any timer
   * fires.
   */
  readonly deadline: number
}

/**
 * Limits the requests of this process that no claim has paid for. A claim pays for the first request of each player; the
 * others are charged only when the player's deliveries are completed. Allows a burst of one second's requests.
 */
export class RateLimiter {
  readonly #interval: number
  readonly #burst: number
  /** By `performance.now()`: when the burst allowance is full again. */
  #fullTime = 0

  constructor(requestsPerSecond: number) {
    this.#interval = 1000 / requestsPerSecond
    this.#burst = Math.max(1000, this.#interval)
  }

  /** Counts a request that starts. */
  count(): void {
    this.#fullTime = Math.max(this.#fullTime, performance.now()) + this.#interval
  }

  /** Milliseconds until the next request may start. */
  get wait(): number {
    return Math.max(0, this.#fullTime + this.#interval - this.#burst - performance.now())
  }
}

/**
 * Sends one player's deliveries, one request after another. A request that must be retried stops those after it, so that
 * the deliveries arrive in order.
 * @param signal aborts the request in progress; it may have arrived, so it counts as an attempt
 */
export async function send(
  destination: Destination,
  { sender, rateLimiter, deadline }: SendContext,
  { claim }: ClaimedDeliveries,
  plan: RequestPlan,
  signal: AbortSignal,
): Promise<SentDeliveries> {
  const { playerId } = claim
  const results: AttemptResult[] = plan.unsupported.map(({ attempt, reason }) =>
    resultOf(playerId, attempt, { state: 'unsupported', error: reason }),
  )
  let requestCount = 0
  let pauseMilliseconds = 0
  let { failures } = claim
  let stopped: Backoff | undefined

  /** The requests of a split are not rate limited: stopped halfway, the whole would be refused and split again. */
  async function sendPlanned(planned: PlannedRequest, isRateLimited = requestCount > 0): Promise<void> {
    if (isRateLimited && rateLimiter.wait > 0)
      stopped ??= { failures, backoffTime: toTicks(rateLimiter.wait) }
    const { request, attempts, key } = planned
    if (stopped !== undefined || signal.aborted || performance.now() >= deadline) {
      for (const attempt of attempts) results.push(resultOf(playerId, attempt, { state: 'unsent' }))
      return
    }
    const sent = {
      idempotencyKey: key,
      request: storedRequest(destination, request),
      isProbe: sender.breaker !== 'closed',
    }
    try {
      if (planned.before !== undefined) await sendRequest(planned.before)
      const response = await sendRequest(request)
      const verdicts = planned.interpret(response)
      if (verdicts.every(({ kind }) => kind === 'refused') && planned.splitByAchievement.length > 0) {
        for (const part of planned.splitByAchievement) await sendPlanned(part, false)
        return
      }
      const { retryAfterMilliseconds } = response
      const states = attempts.map((attempt, index) =>
        addResult(
          attempt,
          verdicts[index] as Verdict,
          { ...sent, response: storedResponse(response) },
          retryAfterMilliseconds,
        ),
      )
      // The wait of deliveries that are not tried again ends with them.
      if (retryAfterMilliseconds !== undefined && states.some((state) => state !== 'dead'))
        pauseMilliseconds = Math.max(pauseMilliseconds, retryAfterMilliseconds)
    } catch (error) {
      if (error instanceof OutboundError && error.kind === 'circuit_open') {
        stopped = { failures, backoffTime: toTicks(error.retryAfterMilliseconds ?? 0) }
        for (const attempt of attempts) {
          results.push(resultOf(playerId, attempt, { state: 'unsent', error: error.message }))
        }
        return
      }
      const reason = failureOf(error, signal)
      for (const attempt of attempts)
        addResult(attempt, { kind: 'retry', reason }, { ...sent, response: undefined })
    }
  }

  async function sendRequest(request: OutboundRequest): Promise<HttpResponse> {
    requestCount += 1
    rateLimiter.count()
    return sender.send(request, signal)
  }

  function addResult(
    attempt: Attempt,
    verdict: Verdict,
    { isProbe, ...sent }: Sent,
    retryAfterMilliseconds?: number,
  ): AttemptResult['state'] {
    const state = isProbe && verdict.kind === 'retry' ? 'probed' : stateAfter(attempt, verdict, destination)
    if (verdict.kind === 'delivered') failures = 0
    if (state === 'pending' || state === 'probed') stopped ??= backoffAfter(failures, retryAfterMilliseconds)
    const error = verdict.kind === 'delivered' ? '' : errorText(verdict.reason, retryAfterMilliseconds)
    results.push(resultOf(playerId, attempt, { ...sent, state, error }))
    return state
  }

  for (const planned of plan.requests) await sendPlanned(planned)
  const pauseTime = toTicks(Math.min(pauseMilliseconds, MAX_PAUSE_MILLISECONDS))
  return { claim, results, requestCount, pauseTime, ...(stopped ?? { failures: 0, backoffTime: 0n }) }
}

/** Returns the results for deliveries that could not be sent, with the reason. */
export function unsentDeliveries({ claim, attempts }: ClaimedDeliveries, error: string): SentDeliveries {
  const results = attempts.map((attempt) => resultOf(claim.playerId, attempt, { state: 'unsent', error }))
  return { claim, results, requestCount: 0, pauseTime: 0n, ...backoffAfter(claim.failures) }
}

interface Sent extends Pick<AttemptResult, 'idempotencyKey'> {
  readonly request: DeliveryRequest
  readonly response: DeliveryResponse | undefined
  /** Whether the circuit breaker let it through to probe a destination that was down. */
  readonly isProbe: boolean
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

function stateAfter({ number }: Attempt, verdict: Verdict, { limits }: Destination): AttemptResult['state'] {
  if (verdict.kind === 'delivered') return 'delivered'
  const isLast = verdict.kind === 'refused' || number >= limits.maxAttempts
  return isLast ? 'dead' : 'pending'
}

type Backoff = Pick<SentDeliveries, 'failures' | 'backoffTime'>

/**
 * @param before failed attempts in a row before this one
 * @param retryAfterMilliseconds how long the response asked to wait
 */
function backoffAfter(before: number, retryAfterMilliseconds?: number): Backoff {
  const failures = before + 1
  const milliseconds = backoff(failures, retryAfterMilliseconds, Math.random(), BACKOFF_BOUNDS)
  return { failures, backoffTime: toTicks(milliseconds) }
}

function errorText(reason: string, retryAfterMilliseconds: number | undefined): string {
  if (retryAfterMilliseconds === undefined) return storable(reason)
  return storable(`${reason}; the destination asks to wait ${Math.ceil(retryAfterMilliseconds / 1000)} s`)
}

function failureOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'the request was aborted before its response'
  if (error instanceof OutboundError) return error.message
  throw error
}

function toTicks(milliseconds: number): Duration {
  return BigInt(Math.round(milliseconds)) * TICKS_PER_MILLISECOND
}
