import type { DestinationKey } from '../../model/destination.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, lockDestination } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { deleteDeliveries } from './delete-deliveries.ts'

export interface DeleteDestination extends DestinationKey {
  readonly etag: string | undefined
  readonly requestId: string | undefined
}

/** First the destination, so that no server adds to its deliveries, then these. */
export async function deleteDestination(
  services: Services,
  request: DeleteDestination,
  call: Call,
): Promise<void> {
  const { titleId, destinationId } = request
  await mutateIdempotently(services, 'deleteDestination', request, call, async (queries) => {
    checkEtag(await lockDestination(queries, titleId, destinationId), request.etag)
    await queries.destinations.delete(titleId, destinationId)
  })
  await deleteDeliveries(services, titleId, destinationId, call)
}
