import { randomUUID } from 'node:crypto'
import { type Destination, WEBHOOK } from '../../model/destination.ts'
import { TICKS_PER_SECOND } from '../../model/instant.ts'
import type { Services } from '../services.ts'

const LEASE_TIME = 10n * TICKS_PER_SECOND

/**
 * Lets players wait who have something to be sent to a platform and no account there. They cost the destination's budget
 * nothing. That they have none is looked up while they are taken up, so that one who gets an account at the same time is
 * either found here or woken by whoever links it.
 */
export async function parkDeliveries(
  services: Services,
  destination: Destination,
  signal: AbortSignal,
): Promise<void> {
  const { titleId, id: destinationId, dialect } = destination
  if (dialect === WEBHOOK) return
  const name = { titleId, destinationId }
  for (;;) {
    const lease = { ...name, dialect, lease: randomUUID(), leaseTime: LEASE_TIME }
    const claims = await services.store.single(signal, (queries) =>
      queries.deliveryQueue.claimUnreachable(lease),
    )
    if (claims.length === 0) return
    await services.store.write(signal, async (queries) => {
      const players = claims.map(({ playerId }) => playerId)
      const accounts = await queries.accounts.listOfPlayers(dialect, players)
      const reachable = claims.filter(({ playerId }) => accounts.has(playerId))
      const alone = claims.filter(({ playerId }) => !accounts.has(playerId))
      if (alone.length > 0) await queries.deliveryAttempts.backOff(name, alone)
      if (reachable.length > 0) {
        await queries.deliveryAttempts.releaseQueues(
          name,
          reachable.map((claim) => ({ claim, failures: 0, rest: 0n })),
        )
      }
    })
  }
}
