import { resolve } from 'node:path'
import { onDatabase } from '../support/deliveries.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { type Helper, type Load, startHelper, startLoad } from './child.ts'
import type { ProcessSamples } from './process-samples.ts'
import { addDatabase } from './started-postgres.ts'

/** Postgres, the load generator and the servers of a run. */
export interface Environment extends AsyncDisposable {
  readonly load: Load
  /** The database of the servers by default. */
  readonly databaseUrl: string
  /** Starts Laurel's server as a process. */
  server(options?: ServerOptions): Promise<ServerProcess>
  /** Starts a script of the bench as a process. */
  helper(file: string, ...args: readonly string[]): Promise<Helper>
  /** Creates an empty database. @returns its URL */
  createDatabase(name: string): Promise<string>
  query<Row extends object>(databaseUrl: string, statement: string): Promise<readonly Row[]>
}

export interface ServerOptions {
  readonly databaseUrl?: string
  readonly env?: Readonly<Record<string, string>>
  /** The checkout of the server; by default this one. */
  readonly directory?: string | undefined
  /** Takes samples of the server. */
  readonly samples?: ProcessSamples
}

/** @param profileFolder servers write a CPU profile into it when they end */
export async function openEnvironment(profileFolder: string | undefined): Promise<Environment> {
  await using started = new AsyncDisposableStack()
  const postgres = started.use(await startHelper('postgres.ts'))
  const load = started.use(startLoad())
  const profiling = profileFolder === undefined ? '' : `--cpu-prof --cpu-prof-dir=${resolve(profileFolder)}`
  const running = started.move()
  return {
    load,
    databaseUrl: postgres.address,
    async server({ databaseUrl = postgres.address, env = {}, directory, samples } = {}) {
      const options = { NODE_OPTIONS: `${profiling} ${samples?.nodeOption ?? ''}` }
      return running.use(await startServerProcess({ databaseUrl, env: { ...options, ...env }, directory }))
    },
    helper: async (file, ...args) => running.use(await startHelper(file, ...args)),
    createDatabase: (name) =>
      addDatabase(running, postgres.address, `${new URL(postgres.address).pathname.slice(1)}_${name}`),
    query: onDatabase,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
