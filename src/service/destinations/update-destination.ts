import type { Destination, DestinationKey } from '../../model/destination.ts'
import type { Queries } from '../../store/queries.ts'
import { destinationChange } from '../audit/changes.ts'
import { type Mutation, writeAudited } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { checkEtag, destinationOf, lockDestination } from '../require.ts'
import type { Services } from '../services.ts'
import { checkDestination } from './check-destination.ts'
import type { NewDestination } from './create-destination.ts'
import { endBackoff } from './delivery-batches.ts'

export interface UpdateDestination extends DestinationKey {
  readonly etag: string | undefined
  readonly patch: Partial<Omit<NewDestination, 'titleId' | 'id' | 'dialect'>>
  readonly requestId: string | undefined
}

/** Updates a destination. Waiting deliveries follow the new settings, and failed ones are retried at once. */
export async function updateDestination(
  services: Services,
  request: UpdateDestination,
  call: Call,
): Promise<Destination> {
  const { titleId, destinationId, patch } = request
  const updated = await mutateIdempotently(
    services,
    'updateDestination',
    { titleId },
    request,
    call,
    async (queries) => {
      const current = await lockDestination(queries, titleId, destinationId)
      checkEtag(current, request.etag)
      const next = { ...current, ...patch, updateTime: services.now() }
      checkDestination(services, next)
      return replaceDestination(queries, current, next)
    },
  )
  await endBackoff(services, request, call)
  return updated
}

/** Stops sending; events are still enqueued. Succeeds if the destination is paused already. */
export async function pauseDestination(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<Destination> {
  return setPaused(services, key, true, call)
}

/** Sends the waiting deliveries, including those in backoff. Succeeds if the destination is not paused. */
export async function resumeDestination(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<Destination> {
  const resumed = await setPaused(services, key, false, call)
  await endBackoff(services, key, call)
  return resumed
}

async function setPaused(
  services: Services,
  { titleId, destinationId }: DestinationKey,
  paused: boolean,
  call: Call,
): Promise<Destination> {
  return writeAudited(services, call, async (queries) => {
    const current = await lockDestination(queries, titleId, destinationId)
    if (current.paused === paused) return { result: current, change: undefined }
    return replaceDestination(queries, current, { ...current, paused, updateTime: services.now() })
  })
}

async function replaceDestination(
  queries: Queries,
  before: Destination,
  next: Destination,
): Promise<Mutation<Destination>> {
  await queries.destinations.update(next)
  const after = await destinationOf(queries, before.titleId, before.id)
  return { result: after, change: destinationChange(before, after) }
}
