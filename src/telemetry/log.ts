import { destination, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

const SECRET_MEMBERS = ['password', 'authorization', 'token', 'connectionString', 'databaseUrl']

/**
 * JSON lines on standard error: standard output belongs to what a person or a pipe asked for.
 * Members that carry secrets are blanked at the top level and one below it.
 */
export function createLog(level: LogLevel, stream = destination({ dest: 2, sync: true })): Logger {
  const paths = SECRET_MEMBERS.flatMap((member) => [member, `*.${member}`])
  return pino({ level, base: null, redact: { paths, censor: '[redacted]' } }, stream)
}
