import type { Destination } from '../model/destination.ts'
import { LaurelError } from '../model/errors.ts'
import { TICKS_PER_MILLISECOND } from '../model/instant.ts'
import type { Limits, Outbound, Target } from '../outbound/contract.ts'
import { OutboundError } from '../outbound/outbound-error.ts'

/**
 * Returns a target for the destination's URL. If the configuration no longer allows it, the target rejects every request
 * with the reason, so that each delivery says why it failed.
 */
export function targetFor(outbound: Outbound, destination: Destination): Target {
  const { url } = destination
  try {
    return outbound.to(url, limitsOf(destination))
  } catch (error) {
    if (!(error instanceof LaurelError)) throw error
    const { host } = new URL(url)
    const refuse = async () => {
      throw new OutboundError('refused', host, `${host} ${error.violations[0]?.message ?? 'is not called'}`)
    }
    return {
      host,
      breaker: 'closed',
      send: refuse,
      stream: refuse,
      pause() {},
      onBreaker() {},
      async close() {},
    }
  }
}

/** Returns the limits of a target. The request rate is not among them: the relay limits it across all processes. */
export function limitsOf({ limits: { timeout, maxInFlight } }: Destination): Partial<Limits> {
  const milliseconds = Number(timeout / TICKS_PER_MILLISECOND)
  return {
    connectTimeoutMilliseconds: milliseconds,
    headersTimeoutMilliseconds: milliseconds,
    bodyTimeoutMilliseconds: milliseconds,
    totalTimeoutMilliseconds: milliseconds,
    maxInFlight,
  }
}
