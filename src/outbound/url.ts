import { isLoopback } from '../loopback.ts'
import { invalidArgument } from '../model/errors.ts'
import type { AddressPolicy } from './addresses.ts'

const LONGEST = 2048

/**
 * What can be said of a URL without resolving its name. Never quotes the URL, which may hold a secret.
 * @throws LaurelError INVALID_FIELD
 */
export function checkUrl(text: string, field: string, policy: AddressPolicy): URL {
  const refuse = (message: string) => invalidArgument([{ field, message }])
  if (text.length > LONGEST) throw refuse(`must have at most ${LONGEST} characters`)
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\//i.test(text))
    throw refuse('must be an absolute URL such as https://host/path')
  if (url.username !== '' || url.password !== '') {
    throw refuse('must not have a user name or a password: name a credential instead')
  }
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    throw refuse('must begin with https://: http is for localhost, 127.0.0.0/8 and [::1] only')
  }
  if (!policy.allowsHost(withoutBrackets(url.hostname))) {
    throw refuse('has a private or reserved address, which is not called unless the configuration allows it')
  }
  return url
}

/**
 * The path and query of a request below a base, whose own query comes first; undefined for a path that HTTP could
 * not carry as it stands, or that climbs out of the base.
 */
export function pathBelow(base: URL, path: string | undefined): string | undefined {
  if (path === undefined) return base.pathname + base.search
  const [, steps = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(path) ?? []
  if (!/^\/[!-~]*$/.test(path) || /[\\#]/.test(path)) return undefined
  if (steps.split('/').some((step) => /^(\.|%2e){1,2}$/i.test(step))) return undefined
  const queries = [base.search.slice(1), query ?? ''].filter((part) => part !== '')
  return base.pathname.replace(/\/$/, '') + steps + (queries.length > 0 ? `?${queries.join('&')}` : '')
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
