import type { DestinationKey } from '../../model/destination.ts'
import { destinationOf, titleOf } from '../require.ts'
import type { Call, Services } from '../services.ts'
import { bindingFor } from './check-destination.ts'
import type { DestinationTest } from './destination-tester.ts'

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
  return services.destinationTester.test(destination, bindingFor(title, destination.dialect), call.signal)
}
