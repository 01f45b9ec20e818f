import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'

export type { Logger } from 'pino'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

const SECRET_MEMBERS = ['password', 'authorization', 'token', 'connectionString', 'databaseUrl']

/**
 * Returns a logger that writes JSON lines, with level names and ISO times, to standard error; standard output is for results.
 * Members with secrets are redacted at the top level and one level below.
 */
export function createLog(
  level: LogLevel,
  stream: DestinationStream & NodeJS.EventEmitter = destination({ dest: 2, sync: true }),
): Logger {
  const paths = SECRET_MEMBERS.flatMap((member) => [member, `*.${member}`])
  const log = pino(
    {
      level,
      base: null,
      redact: { paths, censor: '[redacted]' },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  // A log line that cannot be written, as on a closed terminal (EIO) or a full disk (ENOSPC), must not end the server.
  stream.on('error', () => {})
  return log
}
