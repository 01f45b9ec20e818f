import { isLoopback } from './loopback.ts'

/** Browsers send origins in this form only, so another form would silently allow no page. */
export function problemWithOrigins(origins: ReadonlySet<string>): string | undefined {
  const wrong = [...origins].filter((origin) => !isOrigin(origin))
  if (wrong.length === 0) return undefined
  const form = 'origins as browsers send them, such as https://overlay.example or http://localhost:5173'
  return `LAUREL_ALLOWED_ORIGINS must be ${form}, and not ${wrong.map((text) => JSON.stringify(text)).join(', ')}`
}

/** Origins of schemes other than HTTP have no normal form in `URL`. */
function isOrigin(text: string): boolean {
  if (/^https?:/.test(text)) return URL.canParse(text) && new URL(text).origin === text
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s*]+$/.test(text)
}

/** Another form would silently allow no host. */
export function problemWithHosts(hosts: ReadonlySet<string>): string | undefined {
  const wrong = [...hosts].filter((host) => !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host))
  if (wrong.length === 0) return undefined
  const form = 'names without a port, in lower case, such as laurel.internal'
  return `LAUREL_ALLOWED_HOSTS must be ${form}, and not ${wrong.map((text) => JSON.stringify(text)).join(', ')}`
}

export function problemWithAddress(name: string, address: string, anywhere: boolean): string | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65535) {
    return `${name} must be host:port or [host]:port, and is ${JSON.stringify(address)}`
  }
  if (anywhere || isLoopback(host)) return undefined
  return (
    `${name} must be a loopback address (localhost, 127.0.0.0/8, ::1), and is ${JSON.stringify(address)}: ` +
    'there is no authentication, so other machines must not reach the server; set LAUREL_AUTH_FILE'
  )
}

/** The text is not repeated, because it contains a password. */
export function problemWithDatabaseUrl(url: string | undefined): string | undefined {
  if (url === undefined) return undefined
  const [, hosts = ''] = /^\w+:\/\/(?:[^/?#]*@)?([^/?#@]*)(?:[/?#]|$)/.exec(url) ?? []
  if (hosts.includes(',') || url.includes('target_session_attrs='))
    return 'DATABASE_URL must name one host, which always leads to the primary: a virtual address, a DNS name or a proxy'
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return undefined
  return 'DATABASE_URL must be a URL such as postgres://user:password@host:5432/database'
}
