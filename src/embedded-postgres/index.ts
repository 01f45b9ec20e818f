import { existsSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Logger } from '../telemetry/log.ts'
import { findBinaries } from './binaries.ts'
import {
  type Access,
  ensureCluster,
  findCluster,
  findPostmaster,
  readAccess,
  SUPERUSER,
  writeAccess,
} from './cluster.ts'
import { EmbeddedPostgresError } from './error.ts'
import { openHome } from './home.ts'
import { lockDirectory } from './lock.ts'
import { startOrAdopt, supervise } from './supervisor.ts'

export { EmbeddedPostgresError } from './error.ts'

const WAL_SEGMENT_BYTES = 16 * 2 ** 20

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
  const { dataDirectory } = options
  try {
    return await start(options)
  } catch (cause) {
    if (!(await isFull(dataDirectory))) throw cause
    const message = `no space is left on the device of ${dataDirectory}, and Postgres needs some to start: make room`
    throw new EmbeddedPostgresError(message)
  }
}

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
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
    return { connectionString: connectionStringOf(access, port), stop, [Symbol.asyncDispose]: stop }
  } catch (error) {
    await release()
    throw error
  }
}

/**
 * Returns the connection string of the Postgres that runs on a data directory, of this process or of another one, which may stop it
 * at any time; undefined if none runs.
 * @throws EmbeddedPostgresError if the directory has no data
 */
export async function findEmbeddedPostgres(dataDirectory: string): Promise<string | undefined> {
  const cluster = await findCluster(dataDirectory)
  const postmaster = await findPostmaster(cluster)
  if (postmaster === undefined || !postmaster.ready) return undefined
  return connectionStringOf(await readAccess(cluster), postmaster.port)
}

function connectionStringOf({ password }: Access, port: number): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`
}

/** Returns whether the device of the directory has no room for a segment of the write-ahead log. */
async function isFull(dataDirectory: string): Promise<boolean> {
  const folder = existsSync(dataDirectory) ? dataDirectory : dirname(resolve(dataDirectory))
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize < WAL_SEGMENT_BYTES
}

function once(work: () => Promise<void>): () => Promise<void> {
  let result: Promise<void> | undefined
  return () => {
    result ??= work()
    return result
  }
}
