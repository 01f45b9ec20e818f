import type { Destination } from '../../model/destination.ts'
import { LaurelError } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { destinationOf, titleNotFound } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { bindingFor, checkDestination } from './check-destination.ts'
import { deleteDeliveries } from './delete-deliveries.ts'

export type NewDestination = Omit<Destination, 'paused' | 'createTime' | 'updateTime' | 'etag'>

export interface CreateDestination {
  readonly destination: NewDestination
  /** Delivers what is kept already too. */
  readonly fromOldest: boolean
  readonly requestId: string | undefined
}

/**
 * Makes a destination. From now on means: from the number that events have come up to. What is being written under a
 * lower one may be left out, because it began before.
 * @throws LaurelError DESTINATION_EXISTS, TITLE_UNBOUND, TOO_MANY_DESTINATIONS
 */
export async function createDestination(
  services: Services,
  request: CreateDestination,
  call: Call,
): Promise<Destination> {
  const { destination, fromOldest } = request
  const { titleId, id } = destination
  checkDestination(services, destination)
  // One of the same name may have left something: its deletion was cut short.
  await deleteDeliveries(services, titleId, id, call)
  return mutateIdempotently(services, 'createDestination', request, call, async (queries) => {
    // One after the other in a title, so that none of them counts too few.
    const title = await queries.titles.lock(titleId)
    if (title === undefined) throw titleNotFound(titleId)
    bindingFor(title, destination.dialect)
    if ((await queries.destinations.find(titleId, id)) !== undefined) throw destinationExists(titleId, id)
    const others = await queries.destinations.list(titleId, '', LIMITS.destinations)
    if (others.length === LIMITS.destinations) throw tooManyDestinations(titleId)
    const { position } = fromOldest
      ? await queries.events.findOldestMark()
      : await queries.events.findBarrier()
    const now = services.now()
    await queries.destinations.insert({
      ...destination,
      paused: false,
      createTime: now,
      updateTime: now,
      etag: '',
    })
    await queries.destinations.insertFlow(titleId, id, position)
    return destinationOf(queries, titleId, id)
  })
}

function destinationExists(titleId: string, destinationId: string): LaurelError {
  const message = `destination ${destinationId} exists already in title ${titleId}`
  return new LaurelError('already_exists', 'DESTINATION_EXISTS', message, {
    metadata: { titleId, destinationId },
  })
}

function tooManyDestinations(titleId: string): LaurelError {
  const limit = LIMITS.destinations
  const message = `title ${titleId} has ${limit} destinations, and may have no more: delete one first`
  return new LaurelError('failed_precondition', 'TOO_MANY_DESTINATIONS', message, {
    metadata: { titleId, limit: String(limit) },
  })
}
