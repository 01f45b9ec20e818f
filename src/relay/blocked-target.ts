import { LaurelError } from '../model/errors.ts'
import { type Outbound, OutboundError, type Target } from '../outbound/outbound.ts'

/**
 * A target of a URL; of one that is not called any more, because the configuration is another now, one that refuses every
 * request: so each delivery says why, as it does where a name means such an address.
 */
export function targetOf(outbound: Outbound, ...[url, limits]: Parameters<Outbound['to']>): Target {
  try {
    return outbound.to(url, limits)
  } catch (error) {
    if (!(error instanceof LaurelError)) throw error
    const [violation] = error.violations
    const { host } = new URL(url)
    return {
      host,
      breaker: 'closed',
      send: async () => {
        throw new OutboundError('refused', host, `${host} ${violation?.message ?? 'is not called'}`)
      },
      hold() {},
      onBreaker() {},
      async close() {},
    }
  }
}
