import type { Destination } from '../model/destination.ts'
import { LaurelError } from '../model/errors.ts'
import { bindingFor, checkDestination } from './bridging/check-destination.ts'
import { eraseDeliveries } from './bridging/erase-deliveries.ts'
import { destinationOf, titleOf } from './lookup.ts'
import { mutateOnce } from './once.ts'
import type { Call, Services } from './services.ts'

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
 * @throws LaurelError ALREADY_EXISTS, TITLE_UNBOUND
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
  await eraseDeliveries(services, titleId, id, call)
  return mutateOnce(services, 'createDestination', request, call, async (queries) => {
    bindingFor(await titleOf(queries, titleId), destination.dialect)
    if ((await queries.destinationById(titleId, id)) !== undefined) throw destinationExists(titleId, id)
    const { position } = fromOldest ? await queries.oldestEventMark() : await queries.eventFence()
    const now = services.now()
    await queries.insertDestination({
      ...destination,
      paused: false,
      createTime: now,
      updateTime: now,
      etag: '',
    })
    await queries.insertDestinationFlow(titleId, id, position)
    return destinationOf(queries, titleId, id)
  })
}

function destinationExists(titleId: string, destinationId: string): LaurelError {
  const message = `destination ${destinationId} exists already in title ${titleId}`
  return new LaurelError('already_exists', 'DESTINATION_EXISTS', message, {
    metadata: { titleId, destinationId },
  })
}
