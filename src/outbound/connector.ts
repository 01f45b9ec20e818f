import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './addresses.ts'
import type { Resolve } from './contract.ts'
import { connectFailure, OutboundError } from './outbound-error.ts'

export type CheckAddress = (host: string, name: string) => ReturnType<Resolve>

/**
 * Returns a lookup that rejects a name if any of its addresses is forbidden. Concurrent lookups of a name share one: the
 * system's resolver has few threads, and a name server that hangs would occupy them all.
 */
export function lookupChecked(policy: AddressPolicy, resolve: Resolve = systemResolve): CheckAddress {
  const pending = new Map<string, ReturnType<Resolve>>()

  function addressesOf(name: string): ReturnType<Resolve> {
    const running = pending.get(name)
    if (running !== undefined) return running
    const found = resolve(name).finally(() => pending.delete(name))
    pending.set(name, found)
    return found
  }

  return async (host, name) => {
    const addresses = await addressesOf(name).catch((error: NodeJS.ErrnoException) => {
      const code = error.code === undefined ? '' : ` (${error.code})`
      throw new OutboundError('cannot_resolve', host, `cannot find the address of ${host}${code}`)
    })
    if (addresses.length === 0) {
      throw new OutboundError('cannot_resolve', host, `${host} has no address`)
    }
    if (!addresses.every(({ address }) => policy.allows(name, address))) {
      const message = `${host} has a private or reserved address, which is not called unless the configuration allows it`
      throw new OutboundError('refused', host, message)
    }
    return addresses
  }
}

/**
 * Returns a connector whose sockets use the checked lookup, so no second lookup can return other addresses. HTTP/1.1: a
 * request that hangs or breaks its connection affects no other.
 */
export function connectorTo(
  url: URL,
  checkAddress: CheckAddress,
  timeoutMilliseconds: number,
): buildConnector.connector {
  const checked: LookupFunction = (name, options, callback) => {
    checkAddress(url.host, name.toLowerCase()).then(
      (addresses) => {
        const [{ address, family } = { address: '', family: 0 }] = addresses
        if (options.all) callback(null, [...addresses])
        else callback(null, address, family)
      },
      (error: Error) => callback(error, ''),
    )
  }
  const connect = buildConnector({
    allowH2: false,
    timeout: timeoutMilliseconds,
    lookup: checked,
    autoSelectFamily: true,
  })
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) callback(null, socket)
      else callback(connectFailure(url.host, error, url.protocol === 'https:'), null)
    })
}

function systemResolve(name: string): ReturnType<Resolve> {
  return lookup(name, { all: true })
}
