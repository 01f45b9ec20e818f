import type { DeliveryCounts } from '../../model/delivery.ts'
import type { Destination, DestinationKey } from '../../model/destination.ts'
import { destinationChange, destinationUse } from '../audit/changes.ts'
import { writeAudited } from '../audit/record-change.ts'
import type { Call } from '../call.ts'
import { mutateIdempotently } from '../idempotency.ts'
import { type Page, readPage } from '../paging.ts'
import { checkEtag, destinationOf, lockDestination, titleOf } from '../require.ts'
import type { Services } from '../services.ts'
import { bindingFor } from './check-destination.ts'
import { deleteDeliveries } from './delivery-batches.ts'
import type { DestinationTest } from './destination-tester.ts'

export interface ListDestinations {
  readonly titleId: string
  readonly pageSize: number | undefined
  readonly pageToken: string | undefined
}

export interface DeleteDestination extends DestinationKey {
  readonly etag: string | undefined
  readonly requestId: string | undefined
}

export async function getDestination(
  services: Services,
  { titleId, destinationId }: DestinationKey,
  call: Call,
): Promise<Destination> {
  return services.store.read(call.signal, (queries) => destinationOf(queries, titleId, destinationId))
}

/** Returns a page of the title's destinations, ordered by id. */
export async function listDestinations(
  services: Services,
  request: ListDestinations,
  call: Call,
): Promise<Page<Destination>> {
  const { titleId } = request
  return services.store.read(call.signal, async (queries) => {
    const page = await readPage(
      request,
      ['destinations', titleId],
      (after, limit) => queries.destinations.list(titleId, after?.id ?? '', limit),
      ({ id }) => ({ key: 0n, id }),
    )
    if (page.items.length === 0) await titleOf(queries, titleId)
    return page
  })
}

export interface DestinationHealth extends DeliveryCounts {
  readonly destination: Destination
}

/** Returns a destination with the numbers of its deliveries, the oldest pending delivery, and the last error. */
export async function getDestinationHealth(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<DestinationHealth> {
  return services.store.read(call.signal, async (queries) => ({
    destination: await destinationOf(queries, key.titleId, key.destinationId),
    ...(await queries.destinationHealth.count(key)),
  }))
}

/** Calls the destination once, even if it is paused. A destination that is down is a result, not an error. */
export async function testDestination(
  services: Services,
  key: DestinationKey,
  call: Call,
): Promise<DestinationTest> {
  const { titleId, destinationId } = key
  const { destination, binding } = await writeAudited(services, call, async (queries) => {
    const destination = await destinationOf(queries, titleId, destinationId)
    const binding = bindingFor(await titleOf(queries, titleId), destination.dialect)
    return { result: { destination, binding }, change: destinationUse(key) }
  })
  return services.destinationTester.test(destination, binding, call.signal)
}

/** Deletes the destination first, so that no process adds deliveries while they are deleted in batches. */
export async function deleteDestination(
  services: Services,
  request: DeleteDestination,
  call: Call,
): Promise<void> {
  const { titleId, destinationId } = request
  await mutateIdempotently(services, 'deleteDestination', { titleId }, request, call, async (queries) => {
    const current = await lockDestination(queries, titleId, destinationId)
    checkEtag(current, request.etag)
    await queries.destinations.delete(titleId, destinationId)
    return { result: undefined, change: destinationChange(current, undefined) }
  })
  await deleteDeliveries(services, titleId, destinationId, call)
}
