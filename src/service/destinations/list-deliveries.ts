import type { Delivery, DeliveryState } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import { readPage } from '../paging.ts'
import { destinationOf } from '../require.ts'
import type { Call, Page, Services } from '../services.ts'

export interface ListDeliveries extends DestinationKey {
  readonly playerId: string | undefined
  readonly achievementId: string | undefined
  /** Empty for all. */
  readonly states: readonly DeliveryState[]
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

/** Newest first, without the bodies of requests and responses. */
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
