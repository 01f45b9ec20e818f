import { ensureBundle } from './console-bundle.ts'
import { createTestDatabase } from './database.ts'
import { postJson } from './post-json.ts'
import { type RunningServer, startServer } from './server.ts'

export interface ConsoleServer extends AsyncDisposable {
  readonly server: RunningServer
  /** For another server on the same data. */
  readonly databaseUrl: string
  /** Calls an RPC by `Service/Method`, and returns its response. @throws if it fails */
  call(rpc: string, message: object): Promise<Record<string, unknown>>
}

/** Starts a server with the console on a database of its own. */
export async function startConsoleServer(env: Readonly<Record<string, string>> = {}): Promise<ConsoleServer> {
  await ensureBundle()
  const database = await createTestDatabase()
  const server = await startServer({ databaseUrl: database.url, env })
  return {
    server,
    databaseUrl: database.url,
    async call(rpc, message) {
      const { status, body } = await postJson(`${server.url}/laurel.v1.${rpc}`, message)
      if (status !== 200) throw new Error(`${rpc}: ${JSON.stringify(body)}\n${server.output()}`)
      return body as Record<string, unknown>
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
