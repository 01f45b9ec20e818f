import type { Destination } from '../../model/destination.ts'
import { LaurelError } from '../../model/errors.ts'
import { LIMITS } from '../../model/limits.ts'
import { destinationChange } from '../audit/changes.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { destinationOf, titleNotFound } from '../require.ts'
import type { Services } from '../services.ts'
import { bindingFor, checkDestination } from './check-destination.ts'
import { deleteDeliveries } from './delivery-batches.ts'

export type NewDestination = Omit<
  Destination,
  'paused' | 'waitEndTime' | 'createTime' | 'updateTime' | 'etag'
>

export interface CreateDestination {
  readonly destination: NewDestination
  /** Delivers the stored events too, not only new ones. */
  readonly fromOldest: boolean
  readonly requestId: string | undefined
}

/**
 * Creates a destination. Unless `fromOldest` is set, it receives the events after the last event id that was assigned: an
 * event of a transaction that is still open may be left out.
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
  // The deletion of a destination with the same id may have been interrupted.
  await deleteDeliveries(services, titleId, id, call)
  return mutateIdempotently(services, 'createDestination', { titleId }, request, call, async (queries) => {
    // The lock makes concurrent creations count each other.
    const title = await queries.titles.lock(titleId)
    if (title === undefined) throw titleNotFound(titleId)
    bindingFor(title, destination.dialect)
    if ((await queries.destinations.find(titleId, id)) !== undefined) throw destinationExists(titleId, id)
    const others = await queries.destinations.list(titleId, '', LIMITS.destinations)
    if (others.length === LIMITS.destinations) throw tooManyDestinations(titleId)
    const position = fromOldest
      ? (await queries.events.findOldestMark()).position
      : await queries.events.findLastId()
    const now = services.now()
    await queries.destinations.insert({
      ...destination,
      paused: false,
      createTime: now,
      updateTime: now,
      etag: '',
    })
    await queries.destinations.insertFlow(titleId, id, position)
    const created = await destinationOf(queries, titleId, id)
    return { result: created, change: destinationChange(undefined, created) }
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
  const message = `title ${titleId} has ${limit} destinations, the maximum: delete one first`
  return new LaurelError('failed_precondition', 'TOO_MANY_DESTINATIONS', message, {
    metadata: { titleId, limit: String(limit) },
  })
}
