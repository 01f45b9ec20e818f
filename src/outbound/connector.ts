import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './addresses.ts'
import { connectFailure } from './failures.ts'
import type { Resolve } from './outbound.ts'
import { OutboundError } from './outbound-error.ts'

export type CheckAddress = (host: string, name: string) => ReturnType<Resolve>

/**
 * Resolves names and judges every address. Names that are being resolved are not asked for again: the system's
 * resolver has few threads for all, and a name that hangs would take them one by one.
 */
export function lookupChecked(policy: AddressPolicy, resolve: Resolve = systemResolve): CheckAddress {
  const asked = new Map<string, ReturnType<Resolve>>()

  function addressesOf(name: string): ReturnType<Resolve> {
    const known = asked.get(name)
    if (known !== undefined) return known
    const found = resolve(name).finally(() => asked.delete(name))
    asked.set(name, found)
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
 * Connects to the very addresses that were judged: the socket asks for no others. HTTP/1.1, one request at a time on a
 * connection, so that one that hangs or breaks takes no other with it.
 */
export function connectorTo(url: URL, checkAddress: CheckAddress, timeout: number): buildConnector.connector {
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
  const connect = buildConnector({ allowH2: false, timeout, lookup: checked, autoSelectFamily: true })
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) callback(null, socket)
      else callback(connectFailure(url.host, error, url.protocol === 'https:'), null)
    })
}

function systemResolve(name: string): ReturnType<Resolve> {
  return lookup(name, { all: true })
}
