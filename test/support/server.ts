import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../../src/config.ts'
import { freePort } from '../../src/embedded-postgres/port.ts'
import { createLog } from '../../src/telemetry/log.ts'

export interface TestServerOptions {
  /** By default the server runs its embedded Postgres, in the LAUREL_DATA_DIR of `env`. */
  readonly databaseUrl?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface RunningServer extends AsyncDisposable {
  /** The address of gRPC, with the assigned port. */
  readonly address: string
  /** The base URL of HTTP: `http://127.0.0.1:40123`. */
  readonly url: string
  /** Returns the text that the server has logged so far. */
  output(): string
}

export interface ServerProcessOptions extends TestServerOptions {
  /** Whether the server also speaks the toy dialect of the conformance suite. */
  readonly withToy?: boolean
  /** The checkout that it runs from; by default this one. */
  readonly directory?: string | undefined
}

export interface ServerProcess extends RunningServer {
  readonly process: ChildProcess
  /** Sends a signal and waits for the exit; returns the exit code, null if a signal ended the process. */
  kill(signal: NodeJS.Signals): Promise<number | null>
  /** Returns what the server has written to both outputs so far. */
  output(): string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SERVING = /serving gRPC on (\S+) and HTTP on (\S+)/

const ENVIRONMENT = {
  LAUREL_GRPC_ADDRESS: '127.0.0.1:0',
  LAUREL_HTTP_ADDRESS: '127.0.0.1:0',
  LAUREL_LOG_LEVEL: 'warn',
}

const environmentOf = ({ databaseUrl, env }: TestServerOptions) => ({
  ...ENVIRONMENT,
  ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  ...env,
})

/** Settings of a server that starts again on its addresses: no outgoing connection can have taken these ports meanwhile. */
export async function lastingAddresses() {
  return {
    LAUREL_GRPC_ADDRESS: `127.0.0.1:${await freePort(undefined)}`,
    LAUREL_HTTP_ADDRESS: `127.0.0.1:${await freePort(undefined)}`,
  }
}

/** Starts the real server in this process on free ports: a process of its own takes seconds of CPU to load. */
export async function startServer(options: TestServerOptions): Promise<RunningServer> {
  let text = ''
  const lines = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  const config = readConfig(environmentOf(options))
  const { startApp } = await import('../../src/app.ts')
  const app = await startApp(config, createLog(config.logLevel, lines))
  return {
    address: app.grpcAddress,
    url: `http://${app.httpAddress}`,
    output: () => text,
    [Symbol.asyncDispose]: () => app.stop(),
  }
}

/** Starts the real server in a process of its own on free ports, and waits until it serves. */
export async function startServerProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const preload = options.withToy === true ? ['--import', './test/support/with-toy.ts'] : []
  const child = spawn(process.execPath, [...preload, 'src/main.ts'], {
    cwd: options.directory ?? ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environmentOf(options) },
  })
  let text = ''
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const served = new Promise<RegExpExecArray>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
        const found = SERVING.exec(text)
        if (found !== null) resolve(found)
      })
    }
  })
  const failed = exited.then((code) => {
    throw new Error(`the server ended with exit code ${code} before it served:\n${text}`)
  })
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal)
    return exited
  }
  const [, address = '', http] = await Promise.race([served, failed])
  return {
    address,
    url: `http://${http}`,
    process: child,
    kill,
    output: () => text,
    [Symbol.asyncDispose]: async () => {
      await kill('SIGTERM')
    },
  }
}
