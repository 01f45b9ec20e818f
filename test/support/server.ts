import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface TestServerOptions {
  /** By default the server runs its embedded Postgres, in the LAUREL_DATA_DIR of `env`. */
  readonly databaseUrl?: string
  readonly env?: Readonly<Record<string, string>>
  /** Whether the server also speaks the toy dialect of the conformance suite. */
  readonly withToy?: boolean
}

export interface RunningServer extends AsyncDisposable {
  /** The gRPC address that the server printed. */
  readonly address: string
  /** The base URL of HTTP: `http://127.0.0.1:40123`. */
  readonly url: string
  readonly process: ChildProcess
  /** Sends a signal and waits for the exit; returns the exit code, null if a signal ended the process. */
  kill(signal: NodeJS.Signals): Promise<number | null>
  /** Returns what the server has written to both outputs so far. */
  output(): string
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const SERVING = /serving gRPC on (\S+) and HTTP on (\S+)/

/** Starts the real server in a process of its own on free ports, and waits until it serves. */
export async function startServer(options: TestServerOptions): Promise<RunningServer> {
  const preload = options.withToy === true ? ['--import', './test/support/with-toy.ts'] : []
  const child = spawn(process.execPath, [...preload, 'src/main.ts'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      LAUREL_GRPC_ADDRESS: '127.0.0.1:0',
      LAUREL_HTTP_ADDRESS: '127.0.0.1:0',
      LAUREL_LOG_LEVEL: 'warn',
      ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
      ...options.env,
    },
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
