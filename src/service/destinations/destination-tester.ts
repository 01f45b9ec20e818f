import type { DeliveryRequest, DeliveryResponse } from '../../model/delivery.ts'
import type { Destination } from '../../model/destination.ts'
import type { Violation } from '../../model/errors.ts'
import type { Duration } from '../../model/instant.ts'
import type { Binding } from '../../model/title.ts'

/** Calls destinations; implemented by the relay. */
export interface DestinationTester {
  /**
   * Returns the problems of a destination's URL and credential reference that show without calling it. Field names are
   * relative to the destination: `url`.
   */
  check(destination: Pick<Destination, 'url' | 'credential'>): readonly Violation[]
  /**
   * Calls a destination once with a request that changes nothing.
   * @param binding the title's ids on the platform; undefined for a webhook
   * @throws the signal's reason; any other failure is in the result
   */
  test(destination: Destination, binding: Binding | undefined, signal: AbortSignal): Promise<DestinationTest>
}

export interface DestinationTest {
  readonly succeeded: boolean
  /** Undefined if nothing was sent. */
  readonly request: DeliveryRequest | undefined
  /** Undefined without a response. */
  readonly response: DeliveryResponse | undefined
  readonly duration: Duration
  /** Empty on success. */
  readonly error: string
}
