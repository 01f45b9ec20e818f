import { chmod, mkdir } from 'node:fs/promises'
import { EmbeddedPostgresError } from './error.ts'
import { run, type SystemUser } from './run.ts'

/** Where root keeps what another user must reach and cannot below Laurel's own folder. */
export const SYSTEM_FOLDER = '/var/lib/laurel'

/** Postgres refuses to run as root, so root runs it as this user, the name that every package of it uses. */
const USER_NAME = 'postgres'

export async function makeSystemFolder(): Promise<void> {
  await mkdir(SYSTEM_FOLDER, { recursive: true })
  await chmod(SYSTEM_FOLDER, 0o755)
}

/** The user to run Postgres as when Laurel runs as root; made when the system does not have it. */
export async function postgresUser(): Promise<SystemUser> {
  const found = await lookUp()
  if (found !== undefined) return found
  await run('groupadd', ['--system', USER_NAME])
  const args = ['--system', '--gid', USER_NAME, '--no-create-home', '--shell', '/bin/false', USER_NAME]
  const { output } = await run('useradd', args)
  const made = await lookUp()
  if (made !== undefined) return made
  throw new EmbeddedPostgresError(
    `Postgres does not run as root, and the user ${USER_NAME} cannot be made (${output}): ` +
      'run laurel as an ordinary user, or set DATABASE_URL to a PostgreSQL server',
  )
}

/** Whether a user may enter a folder, asked of the system itself: every parent counts, and access lists do. */
export async function canEnter(folder: string, user: SystemUser): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { user })).ok
}

async function lookUp(): Promise<SystemUser | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', USER_NAME]), run('id', ['-g', USER_NAME])])
  return uid.ok && gid.ok ? { uid: Number(uid.output), gid: Number(gid.output) } : undefined
}
