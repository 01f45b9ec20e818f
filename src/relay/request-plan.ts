import { createHash } from 'node:crypto'
import {
  type Bridge,
  type BridgeChange,
  type BridgeRequest,
  type Verdict,
  verdictOf,
} from '../dialect/bridge.ts'
import { type Destination, WEBHOOK } from '../model/destination.ts'
import type { Instant } from '../model/instant.ts'
import { NOT_STARTED } from '../model/progress.ts'
import type { HttpResponse, OutboundRequest } from '../outbound/outbound.ts'
import { bindingFor } from '../service/destinations/check-destination.ts'
import type { Attempt, ClaimedDeliveries } from '../service/destinations/claim-deliveries.ts'
import { type Secret, toPlatform } from './request.ts'
import { webhookRequest, webhookVerdict } from './webhook.ts'

/** A request that tells of some of a player's deliveries, and how to read what is answered. */
export interface RequestPlan {
  readonly attempts: readonly Attempt[]
  /** The same for the same events. */
  readonly key: string
  readonly request: OutboundRequest
  /** To be sent just before, whatever comes of it. */
  readonly before: OutboundRequest | undefined
  /** For each of the attempts, in their order. */
  interpret(response: HttpResponse): readonly Verdict[]
  /** The same deliveries one achievement at a time; empty where they are all of one. */
  readonly splitByAchievement: readonly RequestPlan[]
}

/** What is to be sent for a player, in order, and what cannot be told there. */
export interface PlannedRequest {
  readonly plan: readonly RequestPlan[]
  readonly unsupported: readonly { readonly attempt: Attempt; readonly why: string }[]
}

/**
 * @throws CredentialError for a secret that cannot be used there, LaurelError TITLE_UNBOUND
 */
export function planRequests(
  destination: Destination,
  claimed: ClaimedDeliveries,
  bridge: Bridge | undefined,
  secret: Secret | undefined,
  time: Instant,
): PlannedRequest {
  if (destination.dialect === WEBHOOK) return toWebhook(destination, claimed, secret, time)
  if (bridge === undefined) throw new Error(`there is no bridge to ${destination.dialect}`)
  return throughBridge(destination, claimed, bridge, secret)
}

function toWebhook(
  destination: Destination,
  { attempts }: ClaimedDeliveries,
  secret: Secret | undefined,
  time: Instant,
): PlannedRequest {
  const plan = attempts.map((attempt): RequestPlan => {
    const key = keyOf(destination, [attempt])
    const request = webhookRequest(attempt.event, destination, secret?.secret ?? '', time)
    return {
      attempts: [attempt],
      key,
      request: withKey(request, key),
      before: undefined,
      interpret: ({ status }) => [webhookVerdict(status)],
      splitByAchievement: [],
    }
  })
  return { plan, unsupported: [] }
}

function throughBridge(
  destination: Destination,
  claimed: ClaimedDeliveries,
  bridge: Bridge,
  secret: Secret | undefined,
): PlannedRequest {
  const { title, account, attempts, achievements, progress } = claimed
  const about = { titleId: title.id, binding: bindingFor(title, destination.dialect) ?? {}, account }
  const byEvent = new Map(attempts.map((attempt) => [attempt.event.id, attempt]))
  const attemptOf = ({ event }: BridgeChange) => byEvent.get(event.id) as Attempt
  const changes: BridgeChange[] = []
  const gone: Attempt[] = []
  for (const attempt of attempts) {
    const { event } = attempt
    const achievement = achievements.get(event.achievementId)
    if (achievement === undefined) gone.push(attempt)
    else changes.push({ event, achievement, progress: progress.get(event.achievementId) ?? NOT_STARTED })
  }

  const toPlan = (request: BridgeRequest): RequestPlan => {
    const covered = request.covers.map(attemptOf)
    const key = keyOf(destination, covered)
    const sent = (asked: BridgeRequest) => toPlatform(asked, secret)
    return {
      attempts: covered,
      key,
      request: withKey(sent(request), key),
      before: request.before && sent(request.before),
      interpret: (response) =>
        bridge.interpret?.(request, response) ?? covered.map(() => verdictOf(response.status)),
      get splitByAchievement() {
        const byAchievement = [...Map.groupBy(request.covers, ({ achievement }) => achievement.id).values()]
        if (byAchievement.length < 2) return []
        return byAchievement.flatMap((ofOne) => bridge.plan(ofOne, about).requests.map(toPlan))
      },
    }
  }

  const plan = bridge.plan(changes, about)
  return {
    plan: plan.requests.map(toPlan),
    unsupported: [
      ...plan.unsupported.map(({ change, why }) => ({ attempt: attemptOf(change), why })),
      ...gone.map((attempt) => ({ attempt, why: 'the achievement is deleted' })),
    ],
  }
}

/** What a webhook knows by its own header is sent by the general name too. */
function withKey(request: OutboundRequest, key: string): OutboundRequest {
  return { ...request, headers: { ...request.headers, 'idempotency-key': key } }
}

function keyOf({ titleId, id }: Destination, attempts: readonly Attempt[]): string {
  const events = attempts.map(({ event }) => String(event.id))
  return createHash('sha256')
    .update(JSON.stringify([titleId, id, events]))
    .digest('base64url')
    .slice(0, 32)
}
