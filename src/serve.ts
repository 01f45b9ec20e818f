import './heap.ts'
import { setTimeout as wait } from 'node:timers/promises'
import { type App, startApp } from './app.ts'
import { AuthFileError } from './auth/auth-file.ts'
import { type Config, ConfigError, processEnvironment, readProcessConfig } from './config.ts'
import { EmbeddedPostgresError } from './embedded-postgres/index.ts'
import { LaurelError } from './model/errors.ts'
import { unknownVariables } from './settings.ts'
import { DatabaseUnreachableError, DatabaseUnusableError } from './store/check-connection.ts'
import { createLog } from './telemetry/log.ts'
import { TlsError } from './tls.ts'
import { isWorker, reportServing, WorkerError } from './workers.ts'

const NO_AUTHENTICATION =
  'laurel does not authenticate callers: any program on this machine has full access (set LAUREL_AUTH_FILE to restrict it)'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

// A closed output, as after `npm start | head -1`, must not stop the server: the text is dropped.
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
// An open channel to the parent process would keep a worker alive.
if (isWorker() && process.connected) process.disconnect()

async function serve(config: Config): Promise<void> {
  const log = createLog(config.logLevel)
  // The parent has reported them.
  if (!isWorker()) for (const problem of unknownVariables(processEnvironment())) log.warn(problem)
  const app = await startApp(config, log)
  // Before the announcement: a supervisor may send a signal as soon as it reads it.
  const stop = signalled()
  if (isWorker()) reportServing(app)
  else announce(app, config)
  await stop
  if (!isWorker()) process.stdout.write('laurel is stopping\n')
  await app.stop()
}

function announce(app: App, config: Config): void {
  const storage = config.databaseUrl === undefined ? config.dataDirectory : 'the database of DATABASE_URL'
  process.stdout.write(
    `laurel is serving gRPC on ${app.grpcAddress} and HTTP on ${app.httpAddress} (data in ${storage})\n`,
  )
  if (config.console) {
    const scheme = config.tls === undefined ? 'http' : 'https'
    // No browser opens the address of all interfaces.
    const host = app.httpAddress.replace(/^(0\.0\.0\.0|\[::\])(?=:\d+$)/, 'localhost')
    process.stdout.write(`the console is at ${scheme}://${host}/console\n`)
  }
  if (config.authFile === undefined) process.stdout.write(`${NO_AUTHENTICATION}\n`)
}

/**
 * Waits for the first signal; a later one ends the process at once, the system's default. Under npm one Ctrl-C
 * arrives twice, from the terminal and from npm, so signals within 500 ms count as one.
 */
async function signalled(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve())
  })
  void wait(500, undefined, { ref: false }).then(() => {
    for (const signal of SIGNALS) process.removeAllListeners(signal)
  })
}

/** Returns one line for errors that an operator can fix, and the stack for others. */
function describe(error: unknown): string {
  const chain = causesOf(error)
  if (chain.some(isExpected)) return chain.map(reasonOf).join(': ')
  return chain[0]?.stack ?? String(error)
}

/** Returns the error and its causes, outermost first. */
function causesOf(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : []
}

function isExpected(error: Error): boolean {
  const ours = [
    AuthFileError,
    ConfigError,
    DatabaseUnreachableError,
    DatabaseUnusableError,
    EmbeddedPostgresError,
    LaurelError,
    TlsError,
    WorkerError,
  ]
  // Errors of the system and of Postgres have a code.
  return ours.some((type) => error instanceof type) || 'code' in error
}

/** Node throws an AggregateError without a message if a host has several addresses and all connections fail. */
function reasonOf(error: Error): string {
  if (error.message !== '' || !(error instanceof AggregateError)) return error.message
  return error.errors.map((inner: Error) => inner.message).join('; ')
}
