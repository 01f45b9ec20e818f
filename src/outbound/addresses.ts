import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isLoopback } from '../loopback.ts'
import { invalidArgument } from '../model/errors.ts'

type Address = ipaddr.IPv4 | ipaddr.IPv6

/** What IPv6 has given out to the public; ipaddr.js calls the rest of it unicast as well. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')
/** The prefix by which networks that have only IPv6 reach IPv4; its last four bytes are the IPv4 address. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')
/** Not the address of one machine, so nobody can mean it. */
const NOBODYS: ReadonlySet<string> = new Set(['unspecified', 'broadcast', 'multicast'])
/** What `localhost` resolves to: either or both. */
const LOCALHOST = ['127.0.0.1', '::1'].map((address) => ipaddr.parse(address))
/** What a host that is listed by its name may have: neither this machine nor the metadata service of its cloud. */
const OF_NETWORKS: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'carrierGradeNat'])

/** Which addresses may be called: public ones, and private ones by permission. */
export class AddressPolicy {
  readonly #blocks: (readonly [Address, number])[] = []
  readonly #hosts = new Set<string>()
  readonly #loopback: boolean

  /**
   * @param loopback whether this machine may be called under its own names without being listed
   * @throws LaurelError INVALID_FIELD for an entry that is neither an address, a block nor a name
   */
  constructor(allowPrivate: readonly string[], loopback: boolean) {
    for (const entry of allowPrivate) {
      const [address = '', bits, ...rest] = entry.split('/')
      const family = isIP(address)
      const most = family === 4 ? 32 : 128
      const isBlock =
        bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most && rest.length === 0)
      if (family !== 0 && isBlock) {
        this.#blocks.push([ipaddr.parse(address), Number(bits ?? most)])
      } else if (family === 0 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry) && !/^[\d.]+$/.test(entry)) {
        this.#hosts.add(entry.toLowerCase())
      } else {
        const message = `has ${JSON.stringify(entry)}, which is neither an address, a block such as 10.0.0.0/8 nor a host`
        throw invalidArgument([{ field: 'allowPrivate', message }])
      }
    }
    this.#loopback = loopback || this.#hosts.has('localhost')
  }

  /** Whether a host may be called, as far as its spelling says; the addresses of a name are known only later. */
  allowsHost(host: string): boolean {
    if (isIP(host) !== 0) return this.allows(host, host)
    return !isLoopback(host) || this.#loopback || LOCALHOST.some((address) => this.#isListed(address))
  }

  /** @param host the name that has the address, in lower case */
  allows(host: string, address: string): boolean {
    if (isIP(address) === 0) return false
    const known = ipaddr.process(address)
    // Spoken to in the clear, so it must be this machine, whatever the system's resolver says.
    if (isLoopback(host)) return known.range() === 'loopback' && (this.#loopback || this.#isListed(known))
    return this.#allows(host, known)
  }

  #allows(host: string, address: Address): boolean {
    const range = address.range()
    if (NOBODYS.has(range)) return false
    if (range === 'unicast' && (address.kind() === 'ipv4' || isIn(address, GLOBAL_UNICAST))) return true
    if (!this.#isListed(address)) return this.#hosts.has(host) && OF_NETWORKS.has(range)
    return !isIn(address, NAT64) || this.#allows(host, new ipaddr.IPv4(address.toByteArray().slice(-4)))
  }

  #isListed(address: Address): boolean {
    return this.#blocks.some((block) => isIn(address, block))
  }
}

function isIn(address: Address, [block, bits]: readonly [Address, number]): boolean {
  return address.kind() === block.kind() && address.match(block, bits)
}
