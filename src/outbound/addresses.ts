import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isLoopback } from '../loopback.ts'
import { invalidArgument } from '../model/errors.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** The public part of IPv6; ipaddr.js calls unassigned ranges unicast too. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
/** IPv6-only networks reach IPv4 through this prefix; the last four bytes are the IPv4 address. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
/** Never the address of one machine. */
const NOT_UNICAST: ReadonlySet<string> = new Set(['unspecified', 'broadcast', 'multicast'])
/** Ranges for hosts allowed by name: neither loopback nor link-local, where clouds serve their metadata. */
const NETWORK_RANGES: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'carrierGradeNat'])
/** The addresses to which `localhost` may resolve: either or both. */
const LOCALHOST = ['127.0.0.1', '::1'].map((address) => ipaddr.parse(address))

/** Decides which addresses may be called: public addresses, and private addresses that the configuration allows. */
export class AddressPolicy {
  readonly #blocks: (readonly [Address, number])[] = []
  readonly #hosts = new Set<string>()
  readonly #loopback: boolean

  /**
   * @param loopback whether the host names of this machine may be called without being listed
   * @throws LaurelError INVALID_FIELD for an entry that is not an address, a block or a host name
   */
  constructor(allowPrivate: readonly string[], loopback: boolean) {
    for (const entry of allowPrivate) {
      const [address = '', bits, ...rest] = entry.split('/')
      const family = isIP(address)
      const maxBits = family === 4 ? 32 : 128
      const isBlock =
        bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= maxBits && rest.length === 0)
      if (family !== 0 && isBlock) {
        this.#blocks.push([ipaddr.parse(address), Number(bits ?? maxBits)])
      } else if (family === 0 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry) && !/^[\d.]+$/.test(entry)) {
        this.#hosts.add(entry.toLowerCase())
      } else {
        const message = `has ${JSON.stringify(entry)}, which is neither an address, a block such as 10.0.0.0/8 nor a host`
        throw invalidArgument([{ field: 'allowPrivate', message }])
      }
    }
    this.#loopback = loopback || this.#hosts.has('localhost')
  }

  /** Returns whether a host may be called, by its spelling; a name's addresses are checked when it is resolved. */
  allowsHost(host: string): boolean {
    if (isIP(host) !== 0) return this.allows(host, host)
    return !isLoopback(host) || this.#loopback || LOCALHOST.some((address) => this.#isListed(address))
  }

  /** @param host the host name that resolved to the address, in lower case */
  allows(host: string, address: string): boolean {
    if (isIP(address) === 0) return false
    const known = ipaddr.process(address)
    // Called without TLS, so it must be this machine, whatever the system's resolver returns.
    if (isLoopback(host)) return known.range() === 'loopback' && (this.#loopback || this.#isListed(known))
    return this.#allows(host, known)
  }

  #allows(host: string, address: Address): boolean {
    const range = address.range()
    if (NOT_UNICAST.has(range)) return false
    if (range === 'unicast' && (address.kind() === 'ipv4' || isIn(address, GLOBAL_UNICAST))) return true
    if (!this.#isListed(address)) return this.#hosts.has(host) && NETWORK_RANGES.has(range)
    return !isIn(address, NAT64) || this.#allows(host, new ipaddr.IPv4(address.toByteArray().slice(-4)))
  }

  #isListed(address: Address): boolean {
    return this.#blocks.some((block) => isIn(address, block))
  }
}

function isIn(address: Address, [block, bits]: readonly [Address, number]): boolean {
  return address.kind() === block.kind() && address.match(block, bits)
}
