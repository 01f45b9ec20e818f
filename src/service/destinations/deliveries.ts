import type { AchievementDelivery, Delivery, DeliveryState } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import type { Call } from '../call.ts'
import { type Page, readPage } from '../paging.ts'
import { deliveryOf, destinationOf, titleOf } from '../require.ts'
import type { Services } from '../services.ts'

export interface DeliveryKey extends DestinationKey {
  readonly eventId: bigint
}

export interface ListDeliveries extends DestinationKey {
  readonly playerId: string | undefined
  readonly achievementId: string | undefined
  /** Empty for all. */
  readonly states: readonly DeliveryState[]
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

export interface ListAchievementDeliveries {
  readonly titleId: string
  readonly playerId: string
  readonly achievementId: string | undefined
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

export async function getDelivery(services: Services, key: DeliveryKey, call: Call): Promise<Delivery> {
  return services.store.read(call.signal, (queries) => deliveryOf(queries, key))
}

/** Returns a page of deliveries, newest first, without the bodies of requests and responses. */
export async function listDeliveries(
  services: Services,
  request: ListDeliveries,
  call: Call,
): Promise<Page<Delivery>> {
  const { titleId, destinationId, playerId, achievementId, states } = request
  const filter = { titleId, destinationId, playerId, achievementId, states }
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['deliveries', titleId, destinationId, playerId, achievementId, states],
      (after, limit) => queries.deliveries.list({ ...filter, before: after?.key, limit }),
      ({ event }) => ({ key: event.id, id: '' }),
    )
    if (page.items.length === 0) await destinationOf(queries, titleId, destinationId)
    return page
  })
}

/** In no id. */
const SEPARATOR = '\n'

/**
 * Returns a page of the delivery states of a player's achievements, ordered by achievement and destination. Achievements
 * without an event for a destination are absent.
 */
export async function listAchievementDeliveries(
  services: Services,
  request: ListAchievementDeliveries,
  call: Call,
): Promise<Page<AchievementDelivery>> {
  const { titleId, playerId, achievementId } = request
  const filter = { titleId, playerId, achievementId }
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['achievementDeliveries', titleId, playerId, achievementId],
      (after, limit) =>
        queries.achievementDeliveries.list({ ...filter, after: after && parseCursor(after.id), limit }),
      (item) => ({ key: 0n, id: item.achievementId + SEPARATOR + item.destinationId }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}

function parseCursor(cursor: string) {
  const [achievementId = '', destinationId = ''] = cursor.split(SEPARATOR)
  return { achievementId, destinationId }
}
