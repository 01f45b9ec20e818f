import type { Delivery } from '../../model/delivery.ts'
import type { DestinationKey } from '../../model/destination.ts'
import { deliveryOf } from '../require.ts'
import type { Call, Services } from '../services.ts'

/** Names a delivery. */
export interface DeliveryKey extends DestinationKey {
  readonly eventId: bigint
}

export async function getDelivery(services: Services, key: DeliveryKey, call: Call): Promise<Delivery> {
  return services.store.read(call.signal, (queries) => deliveryOf(queries, key))
}
