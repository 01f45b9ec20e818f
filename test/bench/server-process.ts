import pg from 'pg'
import { type RunningServer, startServer } from '../support/server.ts'
import { type Helper, type Load, startHelper, startLoad } from './child.ts'

/** What the subjects play on. */
export interface Stage extends AsyncDisposable {
  readonly load: Load
  /** The database that the servers share unless they are given one of their own. */
  readonly databaseUrl: string
  /** Starts the real server as a process of its own. */
  server(options?: ServerOptions): Promise<RunningServer>
  /** Starts a helper of the bench, likewise. */
  helper(file: string, ...args: readonly string[]): Promise<Helper>
  /** Makes an empty database beside the others, and gives its URL. */
  createDatabase(name: string): Promise<string>
  query<Row>(databaseUrl: string, statement: string): Promise<readonly Row[]>
}

export interface ServerOptions {
  readonly databaseUrl?: string
  readonly env?: Readonly<Record<string, string>>
}

/** Starts Postgres and the load generator. `profileFolder` is where servers leave a CPU profile when they end. */
export async function openStage(profileFolder: string | undefined): Promise<Stage> {
  await using started = new AsyncDisposableStack()
  const postgres = started.use(await startHelper('postgres.ts'))
  const load = started.use(startLoad())
  const profiling =
    profileFolder === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileFolder}` }
  const running = started.move()
  return {
    load,
    databaseUrl: postgres.place,
    async server({ databaseUrl = postgres.place, env = {} } = {}) {
      return running.use(await startServer({ databaseUrl, env: { ...profiling, ...env } }))
    },
    helper: async (file, ...args) => running.use(await startHelper(file, ...args)),
    async createDatabase(name) {
      await query(postgres.place, `create database ${pg.escapeIdentifier(name)}`)
      const url = new URL(postgres.place)
      url.pathname = `/${name}`
      return url.href
    },
    query,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function query<Row>(connectionString: string, statement: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    return (await client.query(statement)).rows as Row[]
  } finally {
    await client.end()
  }
}
