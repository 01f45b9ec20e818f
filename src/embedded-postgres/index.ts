import type { Logger } from '../telemetry/log.ts'
import { findBinaries } from './binaries.ts'
import { type Cluster, ensureCluster, SUPERUSER, writeAccess } from './cluster.ts'
import { openHome } from './home.ts'
import { lockDirectory } from './lock.ts'
import { freePort } from './port.ts'
import { adoptPostmaster, startPatiently, supervise } from './supervisor.ts'

export { EmbeddedPostgresError } from './error.ts'

export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connectionString: string
  /** Stops Postgres and gives the data directory free. */
  stop(): Promise<void>
}

export interface EmbeddedPostgresOptions {
  readonly dataDirectory: string
  /** Default true. False trades safety for speed: for data that nobody will miss. */
  readonly durable?: boolean
  readonly log: Logger
}

/**
 * Runs a Postgres of Laurel's own on 127.0.0.1, with its data below `dataDirectory`, kept across restarts.
 *
 * It outlives a Laurel that was killed and is adopted by the next one; when it dies itself under a living
 * Laurel, it is started again on the same port. One Laurel at a time uses a data directory.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options
  const home = await openHome(options.dataDirectory, log)
  const release = await lockDirectory(`${home.folder}/lock`, options.dataDirectory)
  try {
    const cluster = { ...home, binaries: await findBinaries(home.user), durable: options.durable ?? true }
    const access = await ensureCluster(cluster)
    const port = await serve(cluster, access.port, log)
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

async function serve(cluster: Cluster, wanted: number | undefined, log: Logger): Promise<number> {
  const adopted = await adoptPostmaster(cluster)
  if (adopted !== undefined) {
    log.info({ port: adopted }, 'adopted the postgres that was left running')
    return adopted
  }
  const port = await freePort(wanted)
  await startPatiently(cluster, port, log)
  log.info({ port, folder: cluster.folder }, 'started postgres')
  return port
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= work()
    return result
  }
}
