import type { Logger } from '../telemetry/log.ts'
import { findBinaries } from './binaries.ts'
import { ensureCluster, SUPERUSER, writeAccess } from './cluster.ts'
import { openHome } from './home.ts'
import { lockDirectory } from './lock.ts'
import { startOrAdopt, supervise } from './supervisor.ts'

export { EmbeddedPostgresError } from './error.ts'

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connectionString: string
  /** Stops Postgres and releases the data directory. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  readonly dataDirectory: string
  /** Default true. False trades safety for speed, for data of tests. */
  readonly durable?: boolean
  readonly log: Logger
}

/**
 * Runs a Postgres on 127.0.0.1 with its data in `dataDirectory`. A Postgres that a killed process left running is adopted; one
 * that dies is restarted on the same port. One process at a time can use a data directory.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options
  const home = await openHome(options.dataDirectory, log)
  const release = await lockDirectory(`${home.folder}/lock`, options.dataDirectory)
  try {
    const cluster = { ...home, binaries: await findBinaries(home.user), durable: options.durable ?? true }
    const access = await ensureCluster(cluster)
    const port = await startOrAdopt(cluster, access.port, log)
    if (port !== access.port) await writeAccess(cluster, { ...access, port })
    const supervisor = supervise(cluster, port, log)
    const stop = once(() => supervisor.stop().finally(release))
    const connectionString = `postgres://${SUPERUSER}:${access.password}@127.0.0.1:${port}/postgres`
    return { connectionString, stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await release()
    throw error
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= work()
    return result
  }
}
