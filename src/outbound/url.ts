import { isLoopback } from '../loopback.ts'
import { invalidArgument } from '../model/errors.ts'
import type { AddressPolicy } from './addresses.ts'

const MAX_CHARACTERS = 2048

/**
 * Returns the parsed URL if Laurel may call it. Errors never quote the URL, which may hold a secret.
 * @throws LaurelError INVALID_FIELD
 */
export function checkUrl(text: string, field: string, policy: AddressPolicy): URL {
  const invalid = (message: string) => invalidArgument([{ field, message }])
  if (text.length > MAX_CHARACTERS) throw invalid(`must have at most ${MAX_CHARACTERS} characters`)
  const url = URL.parse(text)
  if (url === null || !/^https?:\/\//i.test(text))
    throw invalid('must be an absolute URL such as https://host/path')
  if (url.username !== '' || url.password !== '') {
    throw invalid('must not have a user name or a password: name a credential instead')
  }
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) {
    throw invalid('must begin with https://: http is for localhost, 127.0.0.0/8 and [::1] only')
  }
  if (!policy.allowsHost(withoutBrackets(url.hostname))) {
    throw invalid('has a private or reserved address, which is not called unless the configuration allows it')
  }
  return url
}

/** Names of parameters that hold credentials, by their ends: `api_key`, `accessToken`. */
const SECRET =
  /(key|token|secret|passw(or)?d|passphrase|pwd|signature|credentials?|authorization|jwt)$|^(sig|auth|code|pass|session(_?id)?)$/i

/** Whether the value of a parameter is a secret, by its name. */
export function isSecretParameter(name: string): boolean {
  return SECRET.test(name)
}

/**
 * Returns the path and query of a request below the base URL, whose own query comes first; undefined for a path that is
 * not valid in HTTP or leaves the base by `..`.
 */
export function pathBelow(base: URL, path: string | undefined): string | undefined {
  if (path === undefined) return base.pathname + base.search
  const [, pathname = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(path) ?? []
  if (!/^\/[!-~]*$/.test(path) || /[\\#]/.test(path)) return undefined
  if (pathname.split('/').some((segment) => /^(\.|%2e){1,2}$/i.test(segment))) return undefined
  const queries = [base.search.slice(1), query ?? ''].filter((part) => part !== '')
  return base.pathname.replace(/\/$/, '') + pathname + (queries.length > 0 ? `?${queries.join('&')}` : '')
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
