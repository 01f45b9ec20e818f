import {
  problemWithAddress,
  problemWithDatabaseUrl,
  problemWithHosts,
  problemWithOrigins,
} from './config-problems.ts'
import type { LogLevel } from './telemetry/log.ts'
import {
  problemWithTracing,
  readTracingSettings,
  type TracingSettings,
} from './telemetry/tracing-settings.ts'
import type { TlsFiles } from './tls.ts'

export interface Config extends OutboundConfig {
  /** host:port or [host]:port; port 0 takes a free port. Loopback only without an auth file. */
  readonly grpcAddress: string
  /** The address of HTTP, in the same form. */
  readonly httpAddress: string
  /** The file with issuers, keys and permissions; undefined: callers are not authenticated. */
  readonly authFile: string | undefined
  /** The certificate of gRPC and HTTP; undefined to serve without TLS. */
  readonly tls: TlsFiles | undefined
  /** The dialects whose HTTP APIs are served; undefined for all. */
  readonly gateways: ReadonlySet<string> | undefined
  /** Dialects whose gateways apply their platform's historical restrictions. */
  readonly strictGateways: ReadonlySet<string>
  /** Whether HTTP serves the console. */
  readonly console: boolean
  /** Origins of web pages that may read events; without an auth file, they may send any request. */
  readonly allowedOrigins: ReadonlySet<string>
  /** Host names, besides localhost, that HTTP requests may use without an auth file. */
  readonly allowedHosts: ReadonlySet<string>
  /** The data folder of the embedded Postgres. */
  readonly dataDirectory: string
  /** A PostgreSQL to use instead of the embedded one. Contains a password: never log it. */
  readonly databaseUrl: string | undefined
  readonly logLevel: LogLevel
  /** Undefined: traces are not recorded. */
  readonly tracing: TracingSettings | undefined
  /** The maximum age of a caller's `occurred_time`. */
  readonly timeBounds: { readonly maxBackdateSeconds: number; readonly maxClockSkewSeconds: number }
  /** The maximum number of database connections. */
  readonly databasePool: number
  /** Retention of the stored response of a request id. */
  readonly requestIdTtlHours: number
  readonly eventRetentionHours: number
  readonly auditRetentionHours: number
  /** The folder and the limits of documents that running calls send. */
  readonly spool: {
    readonly folder: string | undefined
    readonly maxDocumentBytes: number
    readonly maxMemoryBytes: number
    readonly maxTotalBytes: number
    readonly maxCallerBytes: number
  }
  /** The number of processes that listen on the same addresses. */
  readonly workers: number
  /** Whether concurrent reports are written in batches. */
  readonly writeBatching: boolean
  /** Whether this server delivers events. */
  readonly relay: boolean
  /** How long the server still serves after a signal to stop, while it reports that it is not ready. */
  readonly shutdownDelaySeconds: number
  /** After this time without a renewal, another server takes over a player's deliveries. */
  readonly relayLeaseSeconds: number
}

/** Settings of calls to other servers. */
export interface OutboundConfig {
  /** Allowed addresses, blocks and hosts of private networks. */
  readonly outboundPrivate: readonly string[]
  /** The folder of credential files; undefined for none. */
  readonly credentialsDirectory: string | undefined
  /** The environment variables with credentials, by name: never log them. */
  readonly credentials: Readonly<Record<string, string>>
}

/** Lists all problems of the environment. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`bad configuration: ${problems.join('; ')}`)
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Of the variables with credentials of destinations and of `laurel pull`. */
export const CREDENTIAL_PREFIX = 'LAUREL_CREDENTIAL_'

const DEFAULT_GRPC_ADDRESS = '127.0.0.1:50051'
const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
const WEEK_IN_SECONDS = 7 * 24 * 60 * 60
const GIBIBYTE = 1024 ** 3
const MAX_SPOOL_BYTES = 1024 * GIBIBYTE

/**
 * Reads the configuration; an absent or empty variable takes its default.
 * @param onDefault called with the default of each variable that has one
 * @throws ConfigError listing all problems.
 */
export function readConfig(env: Environment, onDefault?: (name: string, fallback: string) => void): Config {
  const problems: string[] = []
  const read = (name: string, fallback: string) => {
    onDefault?.(name, fallback)
    return env[name] || fallback
  }
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
    gateways: readGateways(env['LAUREL_GATEWAYS']),
    strictGateways: new Set(readList(env['LAUREL_STRICT_GATEWAYS'])),
    console: read('LAUREL_CONSOLE', 'on') === 'on',
    allowedOrigins: new Set(readList(env['LAUREL_ALLOWED_ORIGINS'])),
    allowedHosts: new Set(readList(env['LAUREL_ALLOWED_HOSTS'])),
    dataDirectory: read('LAUREL_DATA_DIR', '.laurel'),
    databaseUrl: env['DATABASE_URL'] || undefined,
    logLevel: read('LAUREL_LOG_LEVEL', 'info') as LogLevel,
    tracing: readTracingSettings(env),
    timeBounds: {
      maxBackdateSeconds: integer(
        'LAUREL_MAX_BACKDATE_SECONDS',
        WEEK_IN_SECONDS,
        0,
        100 * 366 * 24 * 60 * 60,
      ),
      maxClockSkewSeconds: integer('LAUREL_MAX_CLOCK_SKEW_SECONDS', 60, 0, 60 * 60),
    },
    databasePool: integer('LAUREL_DATABASE_POOL', 10, 1, 1000),
    requestIdTtlHours: integer('LAUREL_REQUEST_ID_TTL_HOURS', 48, 24, 24 * 366),
    eventRetentionHours: integer('LAUREL_EVENT_RETENTION_HOURS', 30 * 24, 24, 10 * 365 * 24),
    auditRetentionHours: integer('LAUREL_AUDIT_RETENTION_HOURS', 365 * 24, 24, 100 * 366 * 24),
    workers: integer('LAUREL_WORKERS', 1, 1, 256),
    writeBatching: read('LAUREL_WRITE_BATCHING', 'on') === 'on',
    relay: read('LAUREL_RELAY', 'on') === 'on',
    shutdownDelaySeconds: integer('LAUREL_SHUTDOWN_DELAY_SECONDS', 0, 0, 600),
    relayLeaseSeconds: integer('LAUREL_RELAY_LEASE_SECONDS', 30, 2, 600),
    ...readOutboundConfig(env),
    spool: {
      folder: env['LAUREL_SPOOL_DIR'] || undefined,
      maxDocumentBytes: integer('LAUREL_MAX_DOCUMENT_BYTES', GIBIBYTE, 1, MAX_SPOOL_BYTES),
      maxMemoryBytes: integer('LAUREL_SPOOL_MEMORY_BYTES', GIBIBYTE / 16, 0, MAX_SPOOL_BYTES),
      maxTotalBytes: integer('LAUREL_SPOOL_TOTAL_BYTES', 8 * GIBIBYTE, 1, MAX_SPOOL_BYTES),
      maxCallerBytes: integer('LAUREL_SPOOL_CALLER_BYTES', 2 * GIBIBYTE, 1, MAX_SPOOL_BYTES),
    },
  }
  const found = [
    problemWithAddress('LAUREL_GRPC_ADDRESS', config.grpcAddress, config.authFile !== undefined),
    problemWithAddress('LAUREL_HTTP_ADDRESS', config.httpAddress, config.authFile !== undefined),
    problemWithTls(env),
    problemWithOrigins(config.allowedOrigins),
    problemWithHosts(config.allowedHosts),
    problemWithSwitch(env, 'LAUREL_WRITE_BATCHING'),
    problemWithSwitch(env, 'LAUREL_RELAY'),
    problemWithSwitch(env, 'LAUREL_CONSOLE'),
    problemWithRetention(config),
    problemWithDatabaseUrl(config.databaseUrl),
    problemWithLogLevel(config.logLevel),
    problemWithTracing(config.tracing),
  ]
  problems.push(...found.filter((problem) => problem !== undefined))
  if (problems.length > 0) throw new ConfigError(problems)
  return config
}

function problemWithRetention({ eventRetentionHours, requestIdTtlHours }: Config): string | undefined {
  if (eventRetentionHours >= requestIdTtlHours) return undefined
  return `LAUREL_EVENT_RETENTION_HOURS must be at least LAUREL_REQUEST_ID_TTL_HOURS (${requestIdTtlHours}): an event is also the stored response to its report`
}

/** Returns undefined for all gateways; an empty set for `none`. */
function readGateways(text: string | undefined): ReadonlySet<string> | undefined {
  const names = readList(text)
  if (names.length === 0) return undefined
  return new Set(names.length === 1 && names[0] === 'none' ? [] : names)
}

const TLS_FILES = ['LAUREL_TLS_CERT_FILE', 'LAUREL_TLS_KEY_FILE'] as const

function readTls(env: Environment): TlsFiles | undefined {
  const [certificate, key] = TLS_FILES.map((name) => env[name] || undefined)
  if (certificate === undefined || key === undefined) return undefined
  return { certificate, key, clientCa: env['LAUREL_TLS_CLIENT_CA_FILE'] || undefined }
}

/** A partial configuration must not serve without TLS. */
function problemWithTls(env: Environment): string | undefined {
  const missing = TLS_FILES.filter((name) => !env[name])
  const isRequested = [...TLS_FILES, 'LAUREL_TLS_CLIENT_CA_FILE'].some((name) => env[name])
  return isRequested && missing.length > 0 ? `${missing.join(' and ')} must be set for TLS` : undefined
}

function problemWithSwitch(env: Environment, name: string): string | undefined {
  return ['on', 'off', ''].includes(env[name] ?? '') ? undefined : `${name} must be on or off`
}

/** Splits a comma-separated list. */
function readList(text = ''): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function readCredentials(env: Environment): Readonly<Record<string, string>> {
  const found = Object.entries(env).filter(([name]) => name.startsWith(CREDENTIAL_PREFIX))
  return Object.fromEntries(found.flatMap(([name, value]) => (value ? [[name, value]] : [])))
}

function readOutboundConfig(env: Environment): OutboundConfig {
  return {
    outboundPrivate: readList(env['LAUREL_OUTBOUND_PRIVATE']),
    credentialsDirectory: env['LAUREL_CREDENTIALS_DIR'] || undefined,
    credentials: readCredentials(env),
  }
}

/** The command line's connection to a server. */
export interface ClientConfig {
  readonly address: string
  /** Sent as `Bearer`; a secret. */
  readonly token: string | undefined
  /** The CA certificates of the server, in PEM; undefined to connect without TLS. */
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

/** Reads the connection to the server that a migration reads from. */
export function readProcessSourceConfig(address: string): ClientConfig {
  const { env } = process
  return {
    address,
    token: env['LAUREL_SOURCE_TOKEN'] || undefined,
    caFile: env['LAUREL_SOURCE_CA_FILE'] || undefined,
  }
}

/** Returns the environment of this process, to report where settings come from. */
export function processEnvironment(): Environment {
  return process.env
}

export function readProcessOutboundConfig(): OutboundConfig {
  return readOutboundConfig(process.env)
}

/** Reads the configuration of this process. Only this file reads the environment. */
export function readProcessConfig(): Config {
  return readConfig(process.env)
}

function problemWithLogLevel(level: string): string | undefined {
  if (LOG_LEVELS.some((known) => known === level)) return undefined
  return `LAUREL_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, and is ${JSON.stringify(level)}`
}
