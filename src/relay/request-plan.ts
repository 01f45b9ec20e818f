import { createHash } from 'node:crypto'
import {
  type Bridge,
  type BridgeChange,
  type BridgeRequest,
  type Verdict,
  verdictOf,
} from '../dialect/bridge.ts'
import { currentProgress } from '../model/current-progress.ts'
import { type Destination, WEBHOOK } from '../model/destination.ts'
import type { Instant } from '../model/instant.ts'
import { NOT_STARTED } from '../model/progress.ts'
import type { HttpResponse, OutboundRequest } from '../outbound/contract.ts'
import { bindingFor } from '../service/destinations/check-destination.ts'
import type { Attempt, ClaimedDeliveries } from '../service/destinations/claim-deliveries.ts'
import { platformRequest, type Secret } from './request.ts'
import { webhookRequest, webhookVerdict } from './webhook.ts'

/** One request that covers some of a player's deliveries. */
export interface PlannedRequest {
  readonly attempts: readonly Attempt[]
  /** Sent as `idempotency-key`. The same events always have the same key. */
  readonly key: string
  readonly request: OutboundRequest
  /** A request to send just before; its response is ignored. */
  readonly before: OutboundRequest | undefined
  /** Returns the verdict on each attempt, in their order. */
  interpret(response: HttpResponse): readonly Verdict[]
  /** The same deliveries with one request per achievement; empty if there is only one achievement. */
  readonly splitByAchievement: readonly PlannedRequest[]
}

/** The requests of one player's deliveries, in order, and the deliveries that the platform cannot receive. */
export interface RequestPlan {
  readonly requests: readonly PlannedRequest[]
  readonly unsupported: readonly { readonly attempt: Attempt; readonly reason: string }[]
}

/** @throws CredentialError for an unusable secret, LaurelError TITLE_UNBOUND */
export function planRequests(
  destination: Destination,
  claimed: ClaimedDeliveries,
  bridge: Bridge | undefined,
  secret: Secret | undefined,
  time: Instant,
): RequestPlan {
  if (destination.dialect === WEBHOOK) return planWebhook(destination, claimed, secret, time)
  if (bridge === undefined) throw new Error(`there is no bridge to ${destination.dialect}`)
  return planPlatform(destination, claimed, bridge, secret)
}

function planWebhook(
  destination: Destination,
  { attempts }: ClaimedDeliveries,
  secret: Secret | undefined,
  time: Instant,
): RequestPlan {
  const requests = attempts.map((attempt): PlannedRequest => {
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
  return { requests, unsupported: [] }
}

function planPlatform(
  destination: Destination,
  { title, account, attempts, achievements, progress, deliveredPercents }: ClaimedDeliveries,
  bridge: Bridge,
  secret: Secret | undefined,
): RequestPlan {
  const target = { titleId: title.id, binding: bindingFor(title, destination.dialect) ?? {}, account }
  const byEvent = new Map(attempts.map((attempt) => [attempt.event.id, attempt]))
  const attemptOf = ({ event }: BridgeChange) => byEvent.get(event.id) as Attempt
  const changes: BridgeChange[] = []
  const unsupported: { attempt: Attempt; reason: string }[] = []
  for (const attempt of attempts) {
    const { event } = attempt
    const { achievementId } = event
    const achievement = achievements.get(achievementId)
    if (achievement === undefined) unsupported.push({ attempt, reason: 'the achievement is deleted' })
    else {
      changes.push({
        event,
        achievement,
        progress: currentProgress(achievement, progress.get(achievementId) ?? NOT_STARTED),
        deliveredPercent: deliveredPercents.get(achievementId),
      })
    }
  }

  const toPlanned = (request: BridgeRequest): PlannedRequest => {
    const covered = request.covers.map(attemptOf)
    const key = keyOf(destination, covered)
    return {
      attempts: covered,
      key,
      request: withKey(platformRequest(request, secret), key),
      before: request.before && platformRequest(request.before, secret),
      interpret: (response) =>
        bridge.interpret?.(request, response) ?? covered.map(() => verdictOf(response.status)),
      get splitByAchievement() {
        const byAchievement = [...Map.groupBy(request.covers, ({ achievement }) => achievement.id).values()]
        if (byAchievement.length < 2) return []
        return byAchievement.flatMap((ofOne) => bridge.plan(ofOne, target).requests.map(toPlanned))
      },
    }
  }

  const plan = bridge.plan(changes, target)
  unsupported.unshift(
    ...plan.unsupported.map(({ change, reason }) => ({ attempt: attemptOf(change), reason })),
  )
  return { requests: plan.requests.map(toPlanned), unsupported }
}

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
