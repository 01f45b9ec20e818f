import type { StoredAchievement } from '../model/achievement.ts'
import type { Event, EventKind } from '../model/event.ts'
import type { JsonValue } from '../model/json.ts'
import type { Progress } from '../model/progress.ts'
import type { Binding } from '../model/title.ts'

/**
 * Maps events to a platform's requests, and its responses to verdicts. Pure like an adapter: no I/O, no clock, no randomness. The
 * relay sends the requests, retries them and adds the credential; that is the same for all platforms.
 */
export interface Bridge {
  /** The kinds of events that the platform has a request for. */
  readonly kinds: readonly EventKind[]
  /**
   * Plans the requests for one player's changes, given in order. Each change is covered by one request, or is returned as
   * unsupported with the reason.
   *
   * Planning all changes of some of the requests again gives just these requests, so that a retry sends the same.
   */
  plan(changes: readonly BridgeChange[], target: BridgeTarget): BridgePlan
  /**
   * Returns the verdict for each change that the request covers, in order. Undefined if the status alone decides, as in
   * `verdictOf`.
   */
  interpret?(request: BridgeRequest, response: PlatformResponse): readonly Verdict[] | undefined
  /** A request that changes nothing and succeeds for a credential that may write. */
  probe(target: Omit<BridgeTarget, 'account'>): BridgeRequest
}

/** One event, with the records that its request may need. */
export interface BridgeChange {
  readonly event: Event
  readonly achievement: StoredAchievement
  /** The player's current progress, which may be newer than the event. */
  readonly progress: Progress
  /** The highest percent that the platform received since its last reset; undefined if it received nothing. */
  readonly deliveredPercent: number | undefined
}

/** The title and account, by the platform's names. */
export interface BridgeTarget {
  readonly titleId: string
  /** The title's ids on the platform. */
  readonly binding: Binding
  /** The player's account on the platform. */
  readonly account: string
}

export interface BridgePlan {
  /** In the order to send them: a later request may restore what an earlier one resets. */
  readonly requests: readonly BridgeRequest[]
  readonly unsupported: readonly { readonly change: BridgeChange; readonly reason: string }[]
}

/** A request below the destination's URL. */
export interface BridgeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Begins with a slash; encoded. */
  readonly path: string
  /** Lower case names, without those of authorization, length and idempotency. */
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON; undefined for none. */
  readonly body: JsonValue | undefined
  /** The changes that it reports, in order; empty for a request that reports none, such as a probe. */
  readonly covers: readonly BridgeChange[]
  /** A request to send just before it. Its response is ignored: a failure shows in the response to this request. */
  readonly before?: BridgeRequest
}

export interface PlatformResponse {
  readonly status: number
  readonly body: string
}

/**
 * `refused`: sending the same again would not help. A request that covers several achievements may be refused because of one of
 * them; the relay then plans each achievement's changes alone.
 */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }

const DELIVERED: Verdict = { kind: 'delivered' }

/** 4xx statuses that are not about the request itself: credentials, rate limits, or a resource that is not ready. */
const TEMPORARY = new Set([401, 402, 403, 407, 408, 421, 423, 425, 429])

/** The verdict of an HTTP status, unless the platform's `interpret` says otherwise. */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return DELIVERED
  const reason = `it answered ${status}`
  const final = status >= 400 && status < 500 && !TEMPORARY.has(status)
  return { kind: final ? 'refused' : 'retry', reason }
}

/** The JSON of a response; undefined if it is not JSON. */
export function jsonOf({ body }: PlatformResponse): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
