import { randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, readlink, realpath, stat, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Logger } from '../telemetry/log.ts'
import { EmbeddedPostgresError, hasCode } from './error.ts'
import { run, type SystemUser } from './process.ts'

/** The folder of a cluster, and the user that runs Postgres on it. */
export interface Home {
  /** `postgres` in the data directory, or the folder that it links to. */
  readonly folder: string
  /** Undefined for the user that runs Laurel. */
  readonly user: SystemUser | undefined
}

/**
 * Finds or creates the cluster's folder in a data directory. If root runs Laurel in a folder that the user `postgres` cannot
 * enter (a clone in a temporary directory), it is a symbolic link to a folder below `/var/lib/laurel`.
 */
export async function openHome(dataDirectory: string, log: Logger): Promise<Home> {
  const parent = resolve(dataDirectory)
  await mkdir(parent, { recursive: true })
  const path = join(await realpath(parent), 'postgres')
  return process.getuid?.() === 0 ? openHomeForRoot(path, log) : openOwnHome(path)
}

async function openOwnHome(path: string): Promise<Home> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  const owner = (await stat(path)).uid
  if (process.getuid !== undefined && owner !== process.getuid()) {
    throw new EmbeddedPostgresError(
      `${path} belongs to another user (id ${owner}): run laurel as that user, or set LAUREL_DATA_DIR`,
    )
  }
  return { folder: await realpath(path), user: undefined }
}

async function openHomeForRoot(path: string, log: Logger): Promise<Home> {
  const user = (await clusterOwner(path)) ?? (await postgresUser())
  const folder = await folderForRoot(path, user, log)
  if (await canEnter(folder, user)) return { folder, user }
  throw new EmbeddedPostgresError(
    `Postgres does not run as root, and the user with id ${user.uid} cannot enter ${folder}: ` +
      'allow it with chmod o+x on the folders above, or set LAUREL_DATA_DIR',
  )
}

/** The owner may be an ordinary user that ran Laurel on this data before root did. */
async function clusterOwner(path: string): Promise<SystemUser | undefined> {
  const data = await stat(join(path, 'data')).catch(() => undefined)
  return data === undefined || data.uid === 0 ? undefined : { uid: data.uid, gid: data.gid }
}

async function folderForRoot(path: string, user: SystemUser, log: Logger): Promise<string> {
  const existing = await lstat(path).catch(() => undefined)
  if (existing === undefined && (await canEnter(join(path, '..'), user))) {
    await makeOpenFolder(path)
  } else if (existing === undefined) {
    await linkAway(path)
  }
  const target = await readlink(path).catch(() => undefined)
  if (target === undefined) return path
  await makeSystemFolder()
  await makeOpenFolder(target)
  log.info({ folder: target }, `${path} links to ${target}: user ${user.uid} cannot enter the data directory`)
  return target
}

async function linkAway(path: string): Promise<void> {
  try {
    await symlink(join(SYSTEM_FOLDER, `data-${randomUUID()}`), path)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}

/** Postgres must be able to enter the folder, whatever root's umask is. Secret files in it have modes of their own. */
async function makeOpenFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
}

/** For data and programs that another user must reach and cannot in Laurel's own folder. */
export const SYSTEM_FOLDER = '/var/lib/laurel'

/** Postgres refuses to run as root. Every Postgres package uses this user. */
const USER_NAME = 'postgres'

export function makeSystemFolder(): Promise<void> {
  return makeOpenFolder(SYSTEM_FOLDER)
}

/** Returns the user `postgres`, created if the system does not have it. */
export async function postgresUser(): Promise<SystemUser> {
  const found = await findUser()
  if (found !== undefined) return found
  await run('groupadd', ['--system', USER_NAME])
  const args = ['--system', '--gid', USER_NAME, '--no-create-home', '--shell', '/bin/false', USER_NAME]
  const { output } = await run('useradd', args)
  const created = await findUser()
  if (created !== undefined) return created
  throw new EmbeddedPostgresError(
    `Postgres does not run as root, and the user ${USER_NAME} cannot be created (${output}): ` +
      'run laurel as an ordinary user, or set DATABASE_URL to a PostgreSQL server',
  )
}

/** Returns whether a user may enter a folder. The shell tries it, because parent folders and access lists count. */
export async function canEnter(folder: string, user: SystemUser): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { user })).ok
}

async function findUser(): Promise<SystemUser | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', USER_NAME]), run('id', ['-g', USER_NAME])])
  return uid.ok && gid.ok ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined
}
