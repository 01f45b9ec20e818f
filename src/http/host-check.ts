import { isIP } from 'node:net'
import { isLoopback } from '../loopback.ts'
import { LaurelError } from '../model/errors.ts'

/** What a server that authenticates nobody is reached by, besides localhost and plain addresses. */
export interface AllowedHosts {
  readonly allowedHosts: ReadonlySet<string>
  readonly allowedOrigins: ReadonlySet<string>
  /** The platforms' own: nobody else can make a name in them mean this machine. */
  readonly domains: readonly string[]
}

interface Asked {
  readonly method: string
  readonly headers: { readonly host?: string | undefined; readonly origin?: string | undefined }
}

const READING = ['GET', 'HEAD', 'OPTIONS']

/**
 * Web pages are strangers who reach a server that only this machine can reach. A page's own name may be made to mean this
 * machine, and then it reads what it likes: so the name that was asked for must be one that is nobody else's. And a page
 * may send what changes something to any address, without reading the answer: so it must be a page of this machine.
 * Browsers let no page choose either header.
 * @throws LaurelError PAGE_REFUSED
 */
export function rejectUnknownHosts({ method, headers }: Asked, known: AllowedHosts): void {
  const { host, origin } = headers
  if (host !== undefined && !isOwnHost(host, known)) {
    const message =
      `the host ${JSON.stringify(host)} is neither localhost nor an address: there is no authentication, and a web page ` +
      'could ask under a name of its own; ask by localhost, name it in LAUREL_ALLOWED_HOSTS, or set LAUREL_AUTH_FILE'
    throw new LaurelError('permission_denied', 'PAGE_REFUSED', message, { metadata: { host } })
  }
  if (origin !== undefined && !READING.includes(method) && !isOwnOrigin(origin, known)) {
    const message =
      `the origin ${JSON.stringify(origin)} is another machine's: there is no authentication, and its pages may change ` +
      'nothing; name it in LAUREL_ALLOWED_ORIGINS, or set LAUREL_AUTH_FILE'
    throw new LaurelError('permission_denied', 'PAGE_REFUSED', message, { metadata: { origin } })
  }
}

function isOwnHost(host: string, { allowedHosts, domains }: AllowedHosts): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, '')
  const address = /^\[(.*)\]$/.exec(name)?.[1] ?? name
  if (isIP(address) !== 0 || allowedHosts.has(name)) return true
  return ['localhost', ...domains].some((domain) => name === domain || name.endsWith(`.${domain}`))
}

function isOwnOrigin(origin: string, { allowedHosts, allowedOrigins }: AllowedHosts): boolean {
  if (allowedOrigins.has(origin)) return true
  if (!URL.canParse(origin)) return false
  const { hostname } = new URL(origin)
  return isLoopback(hostname) || allowedHosts.has(hostname)
}
