import { type Destination, WEBHOOK } from '../../model/destination.ts'
import type { Duration } from '../../model/instant.ts'
import type { AttemptResult, Release } from '../../store/destinations/delivery-attempts.ts'
import type { Services } from '../services.ts'
import { rateLimitOf } from './claim-deliveries.ts'
import { storeSentPercents } from './sent-percents.ts'

/** The results of sending one player's deliveries. */
export interface SentDeliveries extends Release {
  readonly results: readonly AttemptResult[]
  /** Requests sent. */
  readonly requestCount: number
  /** How long the destination asks not to be called. */
  readonly pauseTime: Duration
}

/**
 * Stores the results and the percents that a platform has now, and releases the players' queues, in one transaction, then charges the destination's rate limit for
 * the requests that the claims did not pay for.
 */
export async function completeDeliveries(
  services: Services,
  destination: Destination,
  sent: readonly SentDeliveries[],
  signal: AbortSignal,
): Promise<void> {
  const { titleId, id: destinationId } = destination
  const key = { titleId, destinationId }
  const players = sent.map(({ claim }) => claim.playerId).sort()
  const { interval, burst } = rateLimitOf(destination)
  // Each claim has paid for one request.
  const unpaid = sent.reduce((sum, { requestCount }) => sum + Math.max(requestCount - 1, 0), 0)
  const pauseTime = sent.map((ofPlayer) => ofPlayer.pauseTime).reduce(max, 0n)
  await services.store.write(signal, async (queries) => {
    await queries.deliveryAttempts.lockQueues(key, players)
    const delivered = await queries.deliveryAttempts.complete(
      key,
      sent.flatMap(({ results }) => results),
    )
    if (destination.dialect !== WEBHOOK) await storeSentPercents(queries, key, delivered)
    await queries.deliveryAttempts.releaseQueues(key, sent)
  })
  if (unpaid === 0 && pauseTime === 0n) return
  // In its own transaction: enqueueing and claiming lock the destination's row before the players' queues.
  await services.store.single(signal, (queries) =>
    queries.deliveryQueue.charge(key, interval * BigInt(unpaid), pauseTime, burst),
  )
}

function max(left: Duration, right: Duration): Duration {
  return left > right ? left : right
}
