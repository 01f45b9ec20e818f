import type { Destination } from '../../model/destination.ts'
import type { Duration } from '../../model/instant.ts'
import type { AttemptResult, Release } from '../../store/destinations/delivery-attempts.ts'
import type { Services } from '../services.ts'
import { limitsOf } from './claim-deliveries.ts'

/** What came of sending one player's deliveries. */
export interface SentDeliveries extends Release {
  readonly results: readonly AttemptResult[]
  /** Requests that were made. */
  readonly requests: number
  /** How long the destination asks to be left alone. */
  readonly held: Duration
}

/**
 * Writes what became of players' deliveries, and gives the players back, all of it or nothing; then charges the
 * destination's budget for what it took beyond the claims.
 */
export async function completeDeliveries(
  services: Services,
  destination: Destination,
  sent: readonly SentDeliveries[],
  signal: AbortSignal,
): Promise<void> {
  const { titleId, id: destinationId } = destination
  const name = { titleId, destinationId }
  const players = sent.map(({ claim }) => claim.playerId).sort()
  const { interval, burst } = limitsOf(destination)
  // A claim was charged one request already.
  const extra = sent.reduce((sum, { requests }) => sum + Math.max(requests - 1, 0), 0)
  const held = sent.map((one) => one.held).reduce(longer, 0n)
  await services.store.write(signal, async (queries) => {
    await queries.deliveryAttempts.lockQueues(name, players)
    await queries.deliveryAttempts.complete(
      name,
      sent.flatMap(({ results }) => results),
    )
    await queries.deliveryAttempts.releaseQueues(name, sent)
  })
  if (extra === 0 && held === 0n) return
  // By itself: whoever takes up events or players holds the destination's row before those of players.
  await services.store.single(signal, (queries) =>
    queries.deliveryQueue.charge(name, interval * BigInt(extra), held > 0n ? held + burst : 0n),
  )
}

function longer(left: Duration, right: Duration): Duration {
  return left > right ? left : right
}
