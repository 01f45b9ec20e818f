import { randomBytes, randomUUID } from 'node:crypto'
import { chown, mkdir, readdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './error.ts'
import type { Home } from './home.ts'
import { commandLine, run } from './process.ts'

export interface Cluster extends Home {
  readonly binaries: Binaries
  /** False trades safety for speed, for data of tests. */
  readonly durable: boolean
}

/** Stored beside the data, readable by its owner only. */
export interface Access {
  readonly password: string
  readonly port: number | undefined
}

export interface Postmaster {
  readonly pid: number
  readonly port: number
  readonly ready: boolean
}

export const SUPERUSER = 'laurel'

const START_TIMEOUT_SECONDS = 300
const STOP_TIMEOUT_SECONDS = 60
const MAX_LOG_BYTES = 4 * 1024 * 1024
const UNFINISHED = 'half-made-'

function dataFolder(cluster: Pick<Home, 'folder'>): string {
  return join(cluster.folder, 'data')
}

/** Creates the cluster if missing, in another folder that is renamed at the end: a kill leaves no unfinished cluster. */
export async function ensureCluster(cluster: Cluster): Promise<Access> {
  for (const name of await readdir(cluster.folder)) {
    if (name.startsWith(UNFINISHED)) await removeFolder(join(cluster.folder, name))
  }
  if (await stat(dataFolder(cluster)).catch(() => undefined)) {
    await checkMajorVersion(cluster)
    return readAccess(cluster)
  }
  const unfinished = join(cluster.folder, UNFINISHED + randomUUID())
  const access = { password: randomBytes(24).toString('base64url'), port: undefined }
  await mkdir(join(unfinished, 'data'), { recursive: true, mode: 0o700 })
  await writeFile(join(unfinished, 'password'), access.password, { mode: 0o600 })
  if (cluster.user !== undefined) {
    for (const path of [unfinished, join(unfinished, 'data'), join(unfinished, 'password')]) {
      await chown(path, cluster.user.uid, cluster.user.gid)
    }
  }
  await initialise(cluster, join(unfinished, 'data'), join(unfinished, 'password'))
  await writeAccess(cluster, access)
  await rename(join(unfinished, 'data'), dataFolder(cluster))
  await removeFolder(unfinished)
  return access
}

/** Returns the folder of an existing cluster. @throws EmbeddedPostgresError if the data directory has none */
export async function findCluster(dataDirectory: string): Promise<Pick<Home, 'folder'>> {
  const folder = await realpath(join(dataDirectory, 'postgres')).catch(() => '')
  if (folder !== '' && (await stat(dataFolder({ folder })).catch(() => undefined))) return { folder }
  throw new EmbeddedPostgresError(
    `there is no database in ${dataDirectory}: set LAUREL_DATA_DIR, or DATABASE_URL for a PostgreSQL server`,
  )
}

/** A Postgres reads the data of its own major version only, and its log would say so at the end of many lines. */
async function checkMajorVersion(cluster: Cluster): Promise<void> {
  const data = dataFolder(cluster)
  const written = (await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => '')).trim()
  const { majorVersion } = cluster.binaries
  if ([written, majorVersion].includes('') || written === majorVersion) return
  throw new EmbeddedPostgresError(
    `${data} was written by PostgreSQL ${written}, and this version of Laurel has PostgreSQL ${majorVersion}, which cannot read ` +
      'it: run `laurel backup FILE` with the version of Laurel that wrote it, move the folder away, and run `laurel restore FILE` with this one',
  )
}

async function initialise(cluster: Cluster, data: string, passwordFile: string): Promise<void> {
  const { ok, output } = await run(
    cluster.binaries.initdb,
    [
      `--pgdata=${data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same collation on every machine, whatever locales it has.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
      ...(cluster.durable ? [] : ['--no-sync']),
    ],
    { user: cluster.user },
  )
  if (!ok) throw new EmbeddedPostgresError(`cannot create a Postgres cluster in ${cluster.folder}: ${output}`)
}

export async function writeAccess(cluster: Home, access: Access): Promise<void> {
  const file = join(cluster.folder, 'access.json')
  await writeFile(`${file}.new`, JSON.stringify(access), { mode: 0o600, flush: true })
  await rename(`${file}.new`, file)
}

export async function readAccess(cluster: Pick<Home, 'folder'>): Promise<Access> {
  const file = join(cluster.folder, 'access.json')
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Access
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `cannot read ${file}, the password of the database: restore the file, or remove the folder to start over`,
      {
        cause,
      },
    )
  }
}

/** Returns the server that runs on this cluster. `postmaster.pid` may be left over from a dead one. */
export async function findPostmaster(cluster: Pick<Home, 'folder'>): Promise<Postmaster | undefined> {
  const data = dataFolder(cluster)
  const file = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  // https://github.com/postgres/postgres/blob/master/src/include/utils/pidfile.h
  const [pid, , , port, , , , status] = file.split('\n')
  const command = pid === undefined || pid === '' ? undefined : await commandLine(Number(pid))
  if (command === undefined || (process.platform !== 'win32' && !command.includes(`postgres -D ${data} `)))
    return undefined
  return { pid: Number(pid), port: Number(port), ready: status?.trim() === 'ready' }
}

/** Tries to start Postgres once. The caller made sure that none runs, so `postmaster.pid` is stale. */
export async function startPostmaster(cluster: Cluster, port: number): Promise<void> {
  const data = dataFolder(cluster)
  const log = join(cluster.folder, 'postgres.log')
  await rm(join(data, 'postmaster.pid'), { force: true })
  if ((await sizeOf(log)) > MAX_LOG_BYTES) await rename(log, `${log}.old`)
  await writeFile(log, '', { flag: 'a', mode: 0o600 })
  if (cluster.user !== undefined) await chown(log, cluster.user.uid, cluster.user.gid)
  const offset = await sizeOf(log)
  const options = Object.entries(settings(cluster, port)).map(([name, value]) => `-c ${name}=${value}`)
  const { ok } = await run(
    cluster.binaries.pg_ctl,
    ['start', '-w', '-s', '-t', `${START_TIMEOUT_SECONDS}`, '-D', data, '-l', log, '-o', options.join(' ')],
    { user: cluster.user, detachOutput: true },
  )
  if (ok) return
  const output = (await readFile(log)).subarray(offset).toString().trim()
  const reason = output.split('\n').slice(-5).join(' / ')
  throw new EmbeddedPostgresError(`Postgres does not start in ${cluster.folder}: ${reason || `see ${log}`}`)
}

export async function stopPostmaster(cluster: Cluster): Promise<void> {
  const args = ['stop', '-w', '-s', '-t', `${STOP_TIMEOUT_SECONDS}`, '-D', dataFolder(cluster), '-m', 'fast']
  const { ok, output } = await run(cluster.binaries.pg_ctl, args, { user: cluster.user })
  if (!ok && (await findPostmaster(cluster)) !== undefined) {
    throw new EmbeddedPostgresError(`Postgres does not stop in ${cluster.folder}: ${output}`)
  }
}

/** Retries, because the initdb of a killed process may still be writing there. */
function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0
}

/** An eighth of this process's memory, within bounds. Postgres allocates it only as it is used. */
function sharedMegabytes(): number {
  const megabytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2 ** 20
  return Math.min(Math.max(Math.floor(megabytes / 8), 128), 1024)
}

function settings(cluster: Cluster, port: number): Record<string, string | number> {
  return {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: "''",
    max_connections: 100,
    shared_buffers: `${sharedMegabytes()}MB`,
    // After a checkpoint each page is first written as a whole: rarer checkpoints write less.
    max_wal_size: '4GB',
    checkpoint_timeout: '15min',
    // No errors of statements: their caller logs them.
    log_min_messages: 'log',
    log_checkpoints: 'off',
    ...(cluster.durable
      ? {}
      : { max_connections: 400, fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  }
}
