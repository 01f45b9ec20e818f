import type { DeliveryRequest, DeliveryResponse } from '../../model/delivery.ts'
import type { Destination } from '../../model/destination.ts'
import type { Violation } from '../../model/errors.ts'
import type { Duration } from '../../model/instant.ts'
import type { Binding } from '../../model/title.ts'

/** Whoever calls destinations, as the use cases know it. */
export interface DestinationTester {
  /**
   * All that is wrong with where a destination is and with what lets Laurel in there, as far as it shows without
   * calling it: the forms of both. Fields are named from the destination on: `url`.
   */
  check(destination: Pick<Destination, 'url' | 'credential'>): readonly Violation[]
  /**
   * Calls a destination once with something that changes nothing there.
   * @param binding what its platform knows the title by; undefined for a webhook
   * @throws the signal's reason; whatever else goes wrong is in the result
   */
  test(destination: Destination, binding: Binding | undefined, signal: AbortSignal): Promise<DestinationTest>
}

/** What came of calling a destination. */
export interface DestinationTest {
  readonly succeeded: boolean
  /** Undefined if nothing could be sent. */
  readonly request: DeliveryRequest | undefined
  /** Undefined if nothing was answered. */
  readonly response: DeliveryResponse | undefined
  readonly duration: Duration
  /** In words; empty if it succeeded. */
  readonly error: string
}
