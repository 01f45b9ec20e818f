import type { DestinationKey } from '../model/destination.ts'
import { bindingFor } from './bridging/check-destination.ts'
import type { DestinationTest } from './bridging/courier.ts'
import { destinationOf, titleOf } from './lookup.ts'
import type { Call, Services } from './services.ts'

/** Calls a destination, paused or not. That it is away is a result and no error. */
export async function testDestination(
  services: Services,
  { titleId, destinationId }: DestinationKey,
  call: Call,
): Promise<DestinationTest> {
  const { destination, title } = await services.store.read(call.signal, async (queries) => ({
    destination: await destinationOf(queries, titleId, destinationId),
    title: await titleOf(queries, titleId),
  }))
  return services.courier.test(destination, bindingFor(title, destination.dialect), call.signal)
}
