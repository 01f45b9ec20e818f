import type { StoredAchievement } from '../model/achievement.ts'
import type { Event, EventKind } from '../model/event.ts'
import type { JsonValue } from '../model/json.ts'
import type { Progress } from '../model/progress.ts'
import type { Binding } from '../model/title.ts'

/**
 * Says what events become on a platform, and what its answers mean. Pure like an adapter: no I/O, no clock, no
 * randomness. Who sends the requests, when, how often and with which credential is the relay's business, and the same for all.
 */
export interface Bridge {
  /** What the platform can be told of. */
  readonly kinds: readonly EventKind[]
  /**
   * The requests that tell the platform of a player's changes, which come in their order. Each change is covered by one
   * request, or by none because the platform cannot be told: then it is named as unsupported, with the reason.
   *
   * Changes that share a request share its fate, so `plan` of all the changes of some of its requests gives just those
   * requests again: what is tried again is the same as before.
   */
  plan(changes: readonly BridgeChange[], target: BridgeTarget): BridgePlan
  /**
   * What an answer means, for each change that its request covers, in that order. Undefined for what any HTTP server
   * means by its status: `verdictOf`.
   */
  interpret?(request: BridgeRequest, response: PlatformResponse): readonly Verdict[] | undefined
  /** A request that changes nothing and is answered to whoever may write. */
  probe(target: Omit<BridgeTarget, 'account'>): BridgeRequest
}

/** One event, with what the platform may need to know beside it. */
export interface BridgeChange {
  readonly event: Event
  readonly achievement: StoredAchievement
  /** What the player has now, which may be further than the event. */
  readonly progress: Progress
}

/** Whom and what it is about, by the platform's names. */
export interface BridgeTarget {
  readonly titleId: string
  /** What the platform knows the title by. */
  readonly binding: Binding
  /** The player's account there. */
  readonly account: string
}

export interface BridgePlan {
  /** To be made in this order: a later one may give again what an earlier one takes away. */
  readonly requests: readonly BridgeRequest[]
  readonly unsupported: readonly { readonly change: BridgeChange; readonly why: string }[]
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
  /** The changes that it tells, in order; empty for one that tells nothing by itself, such as a probe. */
  readonly covers: readonly BridgeChange[]
  /** What has to be asked just before it. Whatever comes of that: what matters shows in the answer to the request. */
  readonly before?: BridgeRequest
}

export interface PlatformResponse {
  readonly status: number
  readonly body: string
}

/**
 * `refused`: to send the same again would not help. What covers changes of several achievements may be refused for one of
 * them: what is planned of each achievement's changes alone may yet be taken.
 */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly why: string }
  | { readonly kind: 'refused'; readonly why: string }

const DELIVERED: Verdict = { kind: 'delivered' }

/** 4xx that say nothing of the request itself: who may ask, how often, or that something is on its way. */
const PASSING = new Set([401, 402, 403, 407, 408, 421, 423, 425, 429])

/** What an HTTP server means by a status, as long as its platform does not say otherwise. */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return DELIVERED
  const why = `it answered ${status}`
  const final = status >= 400 && status < 500 && !PASSING.has(status)
  return { kind: final ? 'refused' : 'retry', why }
}

/** What an answer says; undefined where that is no JSON. */
export function jsonOf({ body }: PlatformResponse): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
