import { setTimeout as wait } from 'node:timers/promises'
import { type App, startApp } from './app.ts'
import { AuthFileError } from './auth/auth-file.ts'
import { type Config, ConfigError, readProcessConfig } from './config.ts'
import { EmbeddedPostgresError } from './embedded-postgres/index.ts'
import { LaurelError } from './model/errors.ts'
import { DatabaseUnreachableError } from './store/check-connection.ts'
import { createLog } from './telemetry/log.ts'
import { TlsError } from './tls.ts'
import { isWorker, reportServing, WorkerError } from './workers.ts'

const ANYBODY =
  'laurel knows nobody: whoever reaches it on this machine may do anything (set LAUREL_AUTH_FILE to change that)'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// An output that is closed, as after `npm start | head -1`, is no reason to stop serving: what cannot be written is dropped.
for (const stream of [process.stdout, process.stderr]) {
  stream.removeAllListeners('error')
  stream.on('error', () => {})
}

try {
  await serve(readProcessConfig())
} catch (error) {
  process.stderr.write(`laurel: ${describe(error)}\n`)
  process.exitCode = 1
}
// A worker's channel to the process that started it would keep it alive.
if (isWorker() && process.connected) process.disconnect()

async function serve(config: Config): Promise<void> {
  const app = await startApp(config, createLog(config.logLevel))
  if (isWorker()) reportServing(app)
  else announce(app, config)
  await signalled()
  if (!isWorker()) process.stdout.write('laurel is stopping\n')
  await app.stop()
}

function announce(app: App, config: Config): void {
  const place = config.databaseUrl === undefined ? config.dataDirectory : 'the database of DATABASE_URL'
  process.stdout.write(
    `laurel is serving gRPC on ${app.grpcAddress} and HTTP on ${app.httpAddress} (data in ${place})\n`,
  )
  if (config.authFile === undefined) process.stdout.write(`${ANYBODY}\n`)
}

/**
 * Waits for the first signal; a later one ends the process at once, as the system does it by default. Under
 * npm one Ctrl-C comes twice, from the terminal and from npm: the first moment's signals are the same one.
 */
async function signalled(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve())
  })
  void wait(500, undefined, { ref: false }).then(() => {
    for (const signal of SIGNALS) process.removeAllListeners(signal)
  })
}

/** One line for what a person can put right; the stack for what they cannot. */
function describe(error: unknown): string {
  const chain = causesOf(error)
  if (chain.some(isExpected)) return chain.map(reasonOf).join(': ')
  return chain[0]?.stack ?? String(error)
}

/** The error and what it says caused it, outermost first. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}

function isExpected(error: Error): boolean {
  const ours = [
    AuthFileError,
    ConfigError,
    DatabaseUnreachableError,
    EmbeddedPostgresError,
    LaurelError,
    TlsError,
    WorkerError,
  ]
  // System errors and those of Postgres have a code.
  return ours.some((type) => error instanceof type) || 'code' in error
}

/** Node gives an AggregateError without a text when a host has several addresses and none answers. */
function reasonOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message
  return error.errors.map((inner: Error) => inner.message).join('; ')
}
