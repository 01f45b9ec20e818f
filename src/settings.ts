import { closest } from 'fastest-levenshtein'
import { CREDENTIAL_PREFIX, type Environment, readClientConfig, readConfig } from './config.ts'

/** A variable that Laurel reads. */
export interface Setting {
  readonly name: string
  /** The value in force; `set` for a secret, and empty for a variable that is not set and has no default. */
  readonly value: string
  readonly source: 'environment' | 'default'
}

/** Values that are, or contain, a secret. */
const SECRETS: ReadonlySet<string> = new Set(['LAUREL_TOKEN'])
const PREFIX = 'LAUREL_'
/** Kubernetes sets these for each service whose name begins with `laurel`. */
const OF_KUBERNETES =
  /^LAUREL_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/

/** Returns all variables that Laurel reads, in the order of the README, and the credentials that are set. */
export function listSettings(env: Environment): readonly Setting[] {
  const { names, defaults } = knownVariables()
  const credentials = Object.keys(env).filter((name) => name.startsWith(CREDENTIAL_PREFIX))
  return [...names, ...credentials].map((name) => {
    const value = env[name]
    return value
      ? { name, value: shown(name, value), source: 'environment' }
      : { name, value: defaults.get(name) ?? '', source: 'default' }
  })
}

/** Returns a sentence for each variable that begins like one of Laurel's and is none: its setting would silently be missing. */
export function unknownVariables(env: Environment): readonly string[] {
  const { names } = knownVariables()
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !names.has(name))
    .filter((name) => !name.startsWith(CREDENTIAL_PREFIX) && !OF_KUBERNETES.test(name))
    .map((name) => `${name} is no variable of Laurel: is it ${closest(name, [...names])}?`)
}

/** Reads the configuration of an empty environment, and notes each variable that is looked for. */
function knownVariables() {
  const names = new Set<string>()
  const defaults = new Map<string, string>()
  const environment: Environment = new Proxy(
    {},
    {
      get: (_, name) => {
        names.add(String(name))
      },
    },
  )
  readConfig(environment, (name, fallback) => defaults.set(name, fallback))
  readClientConfig(environment)
  return { names, defaults }
}

function shown(name: string, value: string): string {
  if (SECRETS.has(name) || name.startsWith(CREDENTIAL_PREFIX)) return 'set'
  return name === 'DATABASE_URL' ? withoutPassword(value) : value
}

function withoutPassword(text: string): string {
  if (!URL.canParse(text)) return 'set'
  const url = new URL(text)
  if (url.password !== '') url.password = '***'
  // A password may also be a parameter.
  return url.searchParams.has('password') ? 'set' : url.href
}
