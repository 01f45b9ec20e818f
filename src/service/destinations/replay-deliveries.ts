import { type Delivery, REPLAYABLE_STATES, type ReplayableState } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Instant } from '../../model/instant.ts'
import type { ReplayableDelivery } from '../../store/destinations/replays.ts'
import type { Queries } from '../../store/queries.ts'
import { destinationUse } from '../audit/changes.ts'
import { writeAudited } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { deliveryOf, destinationOf, lockDestinationShared } from '../require.ts'
import type { Services } from '../services.ts'
import type { DeliveryKey } from './deliveries.ts'

/** Deliveries that match all parts that are set. */
export interface ReplayDeliveries extends DestinationKey {
  readonly states: readonly ReplayableState[]
  readonly playerId: string | undefined
  /** Inclusive, by the time of the event. */
  readonly startTime: Instant | undefined
  /** Exclusive. */
  readonly endTime: Instant | undefined
}

const REPLAY_BATCH_SIZE = 500

/**
 * Sends a delivery again. A pending or superseded delivery is unchanged: it will be sent anyway, or the destination has
 * newer progress.
 */
export async function replayDelivery(services: Services, key: DeliveryKey, call: Call): Promise<Delivery> {
  const { titleId, destinationId, eventId } = key
  return writeAudited(services, call, async (queries) => {
    await lockDestinationShared(queries, titleId, destinationId)
    const delivery = await deliveryOf(queries, key)
    if (!REPLAYABLE_STATES.some((replayable) => replayable === delivery.state))
      return { result: delivery, change: undefined }
    await replay(queries, key, [{ playerId: delivery.event.playerId, eventId }])
    return { result: await deliveryOf(queries, key), change: destinationUse(key) }
  })
}

/**
 * Sends deliveries again in batches of one short transaction, and returns how many. Completed batches stay if a later one
 * fails, and the same call then replays the rest. Events enqueued after the start are not included. The audit entry is written
 * before the first batch.
 */
export async function replayDeliveries(
  services: Services,
  request: ReplayDeliveries,
  call: Call,
): Promise<bigint> {
  const { titleId, destinationId } = request
  const last = await writeAudited(services, call, async (queries) => {
    await destinationOf(queries, titleId, destinationId)
    const result = await queries.replays.findLast(titleId, destinationId)
    return { result, change: destinationUse(request) }
  })
  let [count, after] = [0n, 0n]
  while (after < last) {
    const batch = await services.store.write(call.signal, async (queries) => {
      await lockDestinationShared(queries, titleId, destinationId)
      const found = await queries.replays.list({ ...request, after, upTo: last, limit: REPLAY_BATCH_SIZE })
      if (found.length === 0) return { count: 0, reached: last }
      return { count: await replay(queries, request, found), reached: found.at(-1)?.eventId ?? last }
    })
    count += BigInt(batch.count)
    after = batch.reached
  }
  return count
}

/** The queues come first: the worker locks them before their deliveries. */
async function replay(
  queries: Queries,
  { titleId, destinationId }: DestinationKey,
  deliveries: readonly ReplayableDelivery[],
): Promise<number> {
  const players = deliveries.map(({ playerId }) => playerId)
  await queries.replays.requeue(titleId, destinationId, players)
  return queries.replays.reset(titleId, destinationId, deliveries)
}
