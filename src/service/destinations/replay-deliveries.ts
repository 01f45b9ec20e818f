import type { ReplayableState } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Instant } from '../../model/instant.ts'
import { destinationOf, lockDestinationShared } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** Those that meet each part that is set. */
export interface ReplayDeliveries extends DestinationKey {
  readonly states: readonly ReplayableState[]
  readonly playerId: string | undefined
  /** Of events that happened then or later. */
  readonly startTime: Instant | undefined
  /** Of events that happened before. */
  readonly endTime: Instant | undefined
}

const PAGE = 500

/**
 * Sends deliveries again, and gives how many, in many short transactions: what was done when it fails stays done, and
 * the same call again does the rest. What is taken up meanwhile is none of them.
 */
export async function replayDeliveries(
  { store }: Services,
  request: ReplayDeliveries,
  { signal }: Call,
): Promise<bigint> {
  const { titleId, destinationId } = request
  const last = await store.read(signal, async (queries) => {
    await destinationOf(queries, titleId, destinationId)
    return queries.replays.findLast(titleId, destinationId)
  })
  let [count, after] = [0n, 0n]
  while (after < last) {
    const page = await store.write(signal, async (queries) => {
      await lockDestinationShared(queries, titleId, destinationId)
      const filter = { ...request, after, upTo: last, limit: PAGE }
      const found = await queries.replays.list(filter)
      if (found.length === 0) return { reset: 0, reached: last }
      const players = found.map(({ playerId }) => playerId)
      await queries.replays.requeueAhead(titleId, destinationId, players)
      const reset = await queries.replays.reset(titleId, destinationId, found)
      return { reset, reached: found.at(-1)?.eventId ?? last }
    })
    count += BigInt(page.reset)
    after = page.reached
  }
  return count
}
