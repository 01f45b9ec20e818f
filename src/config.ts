import { isLoopback } from './loopback.ts'
import type { LogLevel } from './telemetry/log.ts'
import type { TlsFiles } from './tls.ts'

export interface Config extends OutboundConfig {
  /** host:port or [host]:port; port 0 takes a free one. Loopback only, unless there is an auth file. */
  readonly grpcAddress: string
  /** The same for HTTP. */
  readonly httpAddress: string
  /** Who may do what; undefined for anybody who reaches the server. */
  readonly authFile: string | undefined
  /** The certificate of both; undefined to serve in the clear. */
  readonly tls: TlsFiles | undefined
  /** Dialects whose gateways refuse all that their platform refused. */
  readonly strictGateways: ReadonlySet<string>
  /** Of pages that may read events from a browser, and ask anything where there is no auth file. */
  readonly allowedOrigins: ReadonlySet<string>
  /** Names, besides localhost, that HTTP may be asked by where there is no auth file. */
  readonly allowedHosts: ReadonlySet<string>
  /** Where the embedded Postgres keeps its data. */
  readonly dataDirectory: string
  /** A PostgreSQL to use in place of the embedded one. Holds a password: never to be logged. */
  readonly databaseUrl: string | undefined
  readonly logLevel: LogLevel
  /** How far in the past a stated time may lie. */
  readonly maxBackdateSeconds: number
  /** Connections to the database. */
  readonly databasePool: number
  /** How long the answer to a request id is kept. */
  readonly requestIdTtlHours: number
  /** How long events are kept. */
  readonly eventRetentionHours: number
  readonly maxDocumentBytes: number
  /** Processes that serve on the same addresses. */
  readonly workers: number
  /** Whether reports that come at the same time are written together. */
  readonly writeBatching: boolean
  /** Whether this server delivers events. */
  readonly relay: boolean
  /** How long a server that delivers a player's events may be silent, until another one takes them over. */
  readonly relayLeaseSeconds: number
}

/** How other people's servers are called. */
export interface OutboundConfig {
  /** Addresses, blocks and hosts of private networks that may be called. */
  readonly outboundPrivate: readonly string[]
  /** Where files with credentials are; undefined for nowhere. */
  readonly credentialsDirectory: string | undefined
  /** The variables that hold credentials, by name: never to be logged. */
  readonly credentials: Readonly<Record<string, string>>
}

/** Everything that is wrong with the environment, one line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(problems: readonly string[]) {
    super(`bad configuration: ${problems.join('; ')}`)
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_GRPC_ADDRESS = '127.0.0.1:50051'
const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const WEEK_IN_SECONDS = 7 * 24 * 60 * 60
const GIBIBYTE = 1024 ** 3

/**
 * Reads the configuration; a variable that is absent or empty takes its default.
 * @throws ConfigError naming all that is wrong at once.
 */
export function readConfig(env: Environment): Config {
  const problems: string[] = []
  const read = (name: string, fallback: string) => env[name] || fallback
  const integer = (name: string, fallback: number, min: number, max: number) => {
    const text = read(name, String(fallback))
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    problems.push(`${name} must be an integer from ${min} to ${max}, and is ${JSON.stringify(text)}`)
    return fallback
  }
  const config: Config = {
    grpcAddress: read('LAUREL_GRPC_ADDRESS', DEFAULT_GRPC_ADDRESS),
    httpAddress: read('LAUREL_HTTP_ADDRESS', '127.0.0.1:8080'),
    authFile: env['LAUREL_AUTH_FILE'] || undefined,
    tls: readTls(env),
    strictGateways: new Set(readList(env['LAUREL_STRICT_GATEWAYS'])),
    allowedOrigins: new Set(readList(env['LAUREL_ALLOWED_ORIGINS'])),
    allowedHosts: new Set(readList(env['LAUREL_ALLOWED_HOSTS'])),
    dataDirectory: read('LAUREL_DATA_DIR', '.laurel'),
    databaseUrl: env['DATABASE_URL'] || undefined,
    logLevel: read('LAUREL_LOG_LEVEL', 'info') as LogLevel,
    maxBackdateSeconds: integer('LAUREL_MAX_BACKDATE_SECONDS', WEEK_IN_SECONDS, 0, 100 * 366 * 24 * 60 * 60),
    databasePool: integer('LAUREL_DATABASE_POOL', 10, 1, 1000),
    requestIdTtlHours: integer('LAUREL_REQUEST_ID_TTL_HOURS', 48, 24, 24 * 366),
    eventRetentionHours: integer('LAUREL_EVENT_RETENTION_HOURS', 30 * 24, 1, 10 * 365 * 24),
    workers: integer('LAUREL_WORKERS', 1, 1, 256),
    writeBatching: read('LAUREL_WRITE_BATCHING', 'on') === 'on',
    relay: read('LAUREL_RELAY', 'on') === 'on',
    relayLeaseSeconds: integer('LAUREL_RELAY_LEASE_SECONDS', 30, 2, 600),
    ...readOutboundConfig(env),
    maxDocumentBytes: integer('LAUREL_MAX_DOCUMENT_BYTES', GIBIBYTE, 1, 1024 * GIBIBYTE),
  }
  const refused = [
    problemWithAddress('LAUREL_GRPC_ADDRESS', config.grpcAddress, config.authFile !== undefined),
    problemWithAddress('LAUREL_HTTP_ADDRESS', config.httpAddress, config.authFile !== undefined),
    problemWithTls(env),
    problemWithOrigins(config.allowedOrigins),
    problemWithHosts(config.allowedHosts),
    problemWithSwitch(env, 'LAUREL_WRITE_BATCHING'),
    problemWithSwitch(env, 'LAUREL_RELAY'),
    problemWithDatabaseUrl(config.databaseUrl),
    problemWithLogLevel(config.logLevel),
  ]
  problems.push(...refused.filter((problem) => problem !== undefined))
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

const TLS_FILES = ['LAUREL_TLS_CERT_FILE', 'LAUREL_TLS_KEY_FILE'] as const

function readTls(env: Environment): TlsFiles | undefined {
  const [certificate, key] = TLS_FILES.map((name) => env[name] || undefined)
  if (certificate === undefined || key === undefined) return undefined
  return { certificate, key, clientCa: env['LAUREL_TLS_CLIENT_CA_FILE'] || undefined }
}

/** Half of it would serve in the clear what was meant to be secret. */
function problemWithTls(env: Environment): string | undefined {
  const missing = TLS_FILES.filter((name) => !env[name])
  const wanted = [...TLS_FILES, 'LAUREL_TLS_CLIENT_CA_FILE'].some((name) => env[name])
  return wanted && missing.length > 0 ? `${missing.join(' and ')} must be set for TLS` : undefined
}

/** Another spelling would silently allow nobody: browsers send an origin in this one alone. */
function problemWithOrigins(origins: ReadonlySet<string>): string | undefined {
  const wrong = [...origins].filter((origin) => !isOrigin(origin))
  if (wrong.length === 0) return undefined
  const form = 'origins as browsers send them, such as https://overlay.example or http://localhost:5173'
  return `LAUREL_ALLOWED_ORIGINS must be ${form}, and not ${wrong.map((text) => JSON.stringify(text)).join(', ')}`
}

/** Another spelling would silently allow nobody. */
function problemWithHosts(hosts: ReadonlySet<string>): string | undefined {
  const wrong = [...hosts].filter((host) => !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(host))
  if (wrong.length === 0) return undefined
  const form = 'names without a port, in lower case, such as laurel.internal'
  return `LAUREL_ALLOWED_HOSTS must be ${form}, and not ${wrong.map((text) => JSON.stringify(text)).join(', ')}`
}

/** Applications have schemes of their own, whose origin nobody spells out. */
function isOrigin(text: string): boolean {
  if (/^https?:/.test(text)) return URL.canParse(text) && new URL(text).origin === text
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s*]+$/.test(text)
}

function problemWithSwitch(env: Environment, name: string): string | undefined {
  return ['on', 'off', ''].includes(env[name] ?? '') ? undefined : `${name} must be on or off`
}

/** What stands between commas. */
function readList(text = ''): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function readCredentials(env: Environment): Readonly<Record<string, string>> {
  const found = Object.entries(env).filter(([name]) => name.startsWith('LAUREL_CREDENTIAL_'))
  return Object.fromEntries(found.flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

function readOutboundConfig(env: Environment): OutboundConfig {
  return {
    outboundPrivate: readList(env['LAUREL_OUTBOUND_PRIVATE']),
    credentialsDirectory: env['LAUREL_CREDENTIALS_DIR'] || undefined,
    credentials: readCredentials(env),
  }
}

/** How the command line reaches a server. */
export interface ClientConfig {
  readonly address: string
  /** Sent as `Bearer`; a secret. */
  readonly token: string | undefined
  /** The authorities of the server's certificate, in PEM; undefined to speak in the clear. */
  readonly caFile: string | undefined
}

export function readClientConfig(env: Environment): ClientConfig {
  return {
    address: env['LAUREL_GRPC_ADDRESS'] || DEFAULT_GRPC_ADDRESS,
    token: env['LAUREL_TOKEN'] || undefined,
    caFile: env['LAUREL_CA_FILE'] || undefined,
  }
}

export function readProcessClientConfig(): ClientConfig {
  return readClientConfig(process.env)
}

/** How the command line calls a platform. */
export function readProcessOutboundConfig(): OutboundConfig {
  return readOutboundConfig(process.env)
}

/** The configuration of this process: the one place that reads its environment. */
export function readProcessConfig(): Config {
  return readConfig(process.env)
}

function problemWithAddress(name: string, address: string, anywhere: boolean): string | undefined {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(address) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65535) {
    return `${name} must be host:port or [host]:port, and is ${JSON.stringify(address)}`
  }
  if (anywhere || isLoopback(host)) return undefined
  return (
    `${name} must be a loopback address (localhost, 127.0.0.0/8, ::1), and is ${JSON.stringify(address)}: ` +
    'there is no authentication, so it does not listen where other machines can reach it; set LAUREL_AUTH_FILE'
  )
}

/** Says nothing of its text, which holds a password. */
function problemWithDatabaseUrl(url: string | undefined): string | undefined {
  if (url === undefined || (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url))) return undefined
  return 'DATABASE_URL must be a URL such as postgres://user:password@host:5432/database'
}

function problemWithLogLevel(level: string): string | undefined {
  if (LOG_LEVELS.some((known) => known === level)) return undefined
  return `LAUREL_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, and is ${JSON.stringify(level)}`
}
