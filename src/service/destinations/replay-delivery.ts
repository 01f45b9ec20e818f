import { type Delivery, REPLAYABLE_STATES } from '../../model/delivery.ts'
import { deliveryOf, lockDestinationShared } from '../require.ts'
import type { Call, Services } from '../services.ts'
import type { DeliveryKey } from './get-delivery.ts'

/**
 * Sends a delivery again. One that is on its way already, or that a later one has superseded, stays as it is: what it
 * says is sent, or was.
 */
export async function replayDelivery(services: Services, key: DeliveryKey, call: Call): Promise<Delivery> {
  const { titleId, destinationId, eventId } = key
  return services.store.write(call.signal, async (queries) => {
    await lockDestinationShared(queries, titleId, destinationId)
    const { event, state } = await deliveryOf(queries, key)
    if (REPLAYABLE_STATES.some((replayable) => replayable === state)) {
      await queries.replays.requeueAhead(titleId, destinationId, [event.playerId])
      await queries.replays.reset(titleId, destinationId, [{ playerId: event.playerId, eventId }])
    }
    return deliveryOf(queries, key)
  })
}
