import type { DeliveryState } from '../model/delivery.ts'
import type { Event } from '../model/event.ts'
import type { Instant } from '../model/instant.ts'
import type { NewestDelivery } from '../store/deliveries.ts'
import { titleOf } from './lookup.ts'
import type { Call, Services } from './services.ts'

export interface ListAchievementDeliveries {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string | undefined
}

/** What a destination knows of one player's achievement. */
export interface AchievementDelivery {
  readonly destinationId: string
  readonly dialect: string
  readonly achievementId: string
  /** Of the newest delivery. */
  readonly state: DeliveryState
  /** The newest event that the destination has. */
  readonly delivered: Event | undefined
  /** The newest event that is for it. */
  readonly newest: Event
  readonly nextAttemptTime: Instant | undefined
  readonly error: string
}

/** In order of achievement and destination; what was never meant for a destination is not among it. */
export async function listAchievementDeliveries(
  services: Services,
  request: ListAchievementDeliveries,
  call: Call,
): Promise<readonly AchievementDelivery[]> {
  return services.store.read(call.signal, async (queries) => {
    // First what arrived: so it is never newer than the newest.
    const arrived = await queries.newestDeliveries(request, 'delivered')
    const delivered = new Map(arrived.map((each) => [keyOf(each), each.delivery.event]))
    const newest = await queries.newestDeliveries(request, 'any')
    if (newest.length === 0) await titleOf(queries, request.titleId)
    return newest.map((each) => {
      const { dialect, delivery } = each
      return {
        destinationId: delivery.destinationId,
        dialect,
        achievementId: delivery.event.achievementId,
        state: delivery.state,
        delivered: delivered.get(keyOf(each)),
        newest: delivery.event,
        nextAttemptTime: delivery.nextAttemptTime,
        error: delivery.error,
      }
    })
  })
}

function keyOf({ delivery: { destinationId, event } }: NewestDelivery): string {
  return JSON.stringify([event.achievementId, destinationId])
}
