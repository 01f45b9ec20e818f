import { randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, readlink, realpath, stat, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Logger } from '../telemetry/log.ts'
import { EmbeddedPostgresError, hasCode } from './error.ts'
import type { SystemUser } from './run.ts'
import { canEnter, makeSystemFolder, postgresUser, SYSTEM_FOLDER } from './system-folder.ts'

/** Where a cluster lives, and who runs it. */
export interface Home {
  /** `postgres` in the data directory, or the folder that it links to. */
  readonly folder: string
  /** Undefined when it is the user who runs Laurel. */
  readonly user: SystemUser | undefined
}

/**
 * Finds or makes the cluster's home in a data directory. It is a plain folder there, except for root below a
 * folder that only root may enter (a clone in a temporary directory): then the home is in the system's folder,
 * and a symbolic link in the data directory says where.
 */
export async function openHome(dataDirectory: string, log: Logger): Promise<Home> {
  const parent = resolve(dataDirectory)
  await mkdir(parent, { recursive: true })
  const place = join(await realpath(parent), 'postgres')
  return process.getuid?.() === 0 ? openHomeForRoot(place, log) : openOwnHome(place)
}

async function openOwnHome(place: string): Promise<Home> {
  await mkdir(place, { recursive: true, mode: 0o700 })
  const owner = (await stat(place)).uid
  if (process.getuid !== undefined && owner !== process.getuid()) {
    throw new EmbeddedPostgresError(
      `${place} belongs to another user (id ${owner}): run laurel as that user, or set LAUREL_DATA_DIR`,
    )
  }
  return { folder: await realpath(place), user: undefined }
}

async function openHomeForRoot(place: string, log: Logger): Promise<Home> {
  const user = (await clusterOwner(place)) ?? (await postgresUser())
  const folder = await folderForRoot(place, user, log)
  if (await canEnter(folder, user)) return { folder, user }
  throw new EmbeddedPostgresError(
    `Postgres does not run as root, and the user with id ${user.uid} cannot enter ${folder}: ` +
      'allow it with chmod o+x on the folders above, or set LAUREL_DATA_DIR',
  )
}

/** An existing cluster is run by its owner, who may be an ordinary user that ran Laurel before root did. */
async function clusterOwner(place: string): Promise<SystemUser | undefined> {
  const data = await stat(join(place, 'data')).catch(() => undefined)
  return data === undefined || data.uid === 0 ? undefined : { uid: data.uid, gid: data.gid }
}

async function folderForRoot(place: string, user: SystemUser, log: Logger): Promise<string> {
  const existing = await lstat(place).catch(() => undefined)
  if (existing === undefined && (await canEnter(join(place, '..'), user))) {
    await makeFolder(place)
  } else if (existing === undefined) {
    await linkAway(place)
  }
  const target = await readlink(place).catch(() => undefined)
  if (target === undefined) return place
  await makeSystemFolder()
  await makeFolder(target)
  log.info(
    { folder: target },
    `${place} links to ${target}: user ${user.uid} cannot enter the data directory`,
  )
  return target
}

async function linkAway(place: string): Promise<void> {
  try {
    await symlink(join(SYSTEM_FOLDER, `data-${randomUUID()}`), place)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}

/** Enterable whatever the umask of root is; what is secret inside is protected by its own mode. */
async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
}
