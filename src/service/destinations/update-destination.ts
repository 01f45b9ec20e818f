import type { Destination, DestinationKey } from '../../model/destination.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, destinationOf, lockDestination } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { checkDestination } from './check-destination.ts'
import type { NewDestination } from './create-destination.ts'
import { endBackoff } from './end-backoff.ts'

export interface UpdateDestination extends DestinationKey {
  readonly etag: string | undefined
  readonly patch: Partial<Omit<NewDestination, 'titleId' | 'id' | 'dialect'>>
  readonly requestId: string | undefined
}

/** What is on its way already goes by what is kept then, and what rests because it failed is tried anew. */
export async function updateDestination(
  services: Services,
  request: UpdateDestination,
  call: Call,
): Promise<Destination> {
  const { titleId, destinationId, patch } = request
  const updated = await mutateIdempotently(services, 'updateDestination', request, call, async (queries) => {
    const current = await lockDestination(queries, titleId, destinationId)
    checkEtag(current, request.etag)
    const next = { ...current, ...patch, updateTime: services.now() }
    checkDestination(services, next)
    await queries.destinations.update(next)
    return destinationOf(queries, titleId, destinationId)
  })
  await endBackoff(services, request, call)
  return updated
}
