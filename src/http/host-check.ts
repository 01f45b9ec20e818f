import { isIP } from 'node:net'
import { isLoopback } from '../loopback.ts'
import { LaurelError } from '../model/errors.ts'
import { hostNameOf } from './host-name.ts'

/** The hosts and origins that a server without authentication accepts, besides localhost and IP addresses. */
export interface AllowedHosts {
  readonly allowedHosts: ReadonlySet<string>
  readonly allowedOrigins: ReadonlySet<string>
  /** The platforms' domains: others cannot resolve a name in them to this machine. */
  readonly domains: readonly string[]
}

interface CheckedRequest {
  readonly method: string
  readonly headers: { readonly host?: string | undefined; readonly origin?: string | undefined }
}

const SAFE_METHODS = ['GET', 'HEAD', 'OPTIONS']

/**
 * Rejects requests of foreign web pages, which reach a loopback server through a browser on this machine. A page can
 * resolve its own host name to this machine and read responses (DNS rebinding), so the Host header must be a known name.
 * A page can also send a request that changes something without reading the response, so the Origin of such a request
 * must be this machine or an allowed one. Browsers do not let pages choose either header.
 * @throws LaurelError PAGE_REFUSED
 */
export function rejectUnknownHosts({ method, headers }: CheckedRequest, known: AllowedHosts): void {
  const { host, origin } = headers
  if (host !== undefined && !isOwnHost(host, known)) {
    const message =
      `the host ${JSON.stringify(host)} is neither localhost nor an address: the server does not authenticate callers, so this could be ` +
      'a foreign web page; use localhost, add the name to LAUREL_ALLOWED_HOSTS, or set LAUREL_AUTH_FILE'
    throw new LaurelError('permission_denied', 'PAGE_REFUSED', message, { metadata: { host } })
  }
  if (origin !== undefined && !SAFE_METHODS.includes(method) && !isOwnOrigin(origin, known)) {
    const message =
      `the origin ${JSON.stringify(origin)} is a foreign web page, and the server does not authenticate callers: ` +
      'add the origin to LAUREL_ALLOWED_ORIGINS, or set LAUREL_AUTH_FILE'
    throw new LaurelError('permission_denied', 'PAGE_REFUSED', message, { metadata: { origin } })
  }
}

function isOwnHost(host: string, { allowedHosts, domains }: AllowedHosts): boolean {
  const name = hostNameOf(host)
  if (name === undefined) return false
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
