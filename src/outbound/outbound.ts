import { AddressPolicy } from './addresses.ts'
import { lookupChecked } from './connector.ts'
import type { Limits, Outbound, Resolve } from './contract.ts'
import { HttpTarget } from './target.ts'
import { checkUrl } from './url.ts'

export interface OutboundOptions {
  /**
   * Private addresses that may be called: addresses and blocks (`10.1.2.3`, `10.0.0.0/8`, `fd00::/8`), or host names
   * (`platform.internal`), which may then resolve to private addresses, but not to loopback or link-local ones.
   * `localhost` stands for this machine under each of its own names: `localhost`, `127.0.0.0/8` and `[::1]`.
   */
  readonly allowPrivate: readonly string[]
  /**
   * Whether this machine may be called only if `allowPrivate` lists it, as `localhost` or by its addresses: set if callers
   * have fewer permissions than the operator of the server. Otherwise its own names are always allowed.
   */
  readonly guardLoopback?: boolean
  /** Default: the resolver of the system. */
  readonly resolve?: Resolve
}

const LIMITS: Limits = {
  connectTimeoutMilliseconds: 5_000,
  headersTimeoutMilliseconds: 10_000,
  bodyTimeoutMilliseconds: 10_000,
  totalTimeoutMilliseconds: 15_000,
  maxRequestBytes: 1024 * 1024,
  maxResponseBytes: 64 * 1024,
  requiresWholeResponse: false,
  maxInFlight: 16,
  requestsPerSecond: Number.POSITIVE_INFINITY,
  burst: 10,
  firstPauseMilliseconds: 1_000,
  maxPauseMilliseconds: 60_000,
}

const MAX_RESPONSE_BYTES = 100 * 1024 * 1024

/** @throws LaurelError INVALID_FIELD if an entry of `allowPrivate` is not an address, a block or a host name */
export function openOutbound({ allowPrivate, guardLoopback, resolve }: OutboundOptions): Outbound {
  const policy = new AddressPolicy(allowPrivate, guardLoopback !== true)
  const checkAddress = lookupChecked(policy, resolve)
  const targets = new Set<HttpTarget>()
  return {
    checkUrl: (url, field = 'url') => checkUrl(url, field, policy),
    to(url, limits) {
      const full = { ...LIMITS, ...limits }
      if (full.maxResponseBytes > MAX_RESPONSE_BYTES) {
        throw new RangeError(`at most ${MAX_RESPONSE_BYTES} bytes of a response can be kept`)
      }
      const target = new HttpTarget(checkUrl(url, 'url', policy), full, checkAddress, () =>
        targets.delete(target),
      )
      targets.add(target)
      return target
    },
    async close() {
      await Promise.all([...targets].map((target) => target.close()))
    },
  }
}
