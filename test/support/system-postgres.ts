import { existsSync, globSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresUser } from '../../src/embedded-postgres/home.ts'
import { freePort } from '../../src/embedded-postgres/port.ts'
import { run } from '../../src/embedded-postgres/process.ts'

/** Of a Postgres that the system's package manager installed, and that compiles expensive statements. */
const LIBRARIES = globSync('/usr/lib/postgresql/*/lib/llvmjit.so').toSorted()
const PROGRAMS = LIBRARIES.map((library) => join(library, '../../bin')).findLast((folder) =>
  existsSync(join(folder, 'initdb')),
)

/** Why tests with a Postgres that compiles statements cannot run here; undefined where they can. */
export const noSystemPostgres =
  PROGRAMS === undefined ? 'no Postgres with LLVM is installed below /usr/lib/postgresql' : undefined

export interface SystemPostgresOptions {
  /** The folder of its programs; by default of the newest that compiles statements. */
  readonly programs?: string | undefined
  readonly settings?: Readonly<Record<string, string | number>>
}

export interface SystemPostgres extends AsyncDisposable {
  readonly url: string
  /** The process that all backends are children of. */
  readonly postmaster: number
}

/** Starts the system's Postgres, as it is delivered but for the settings, on an empty folder. */
export async function startSystemPostgres({
  programs = PROGRAMS,
  settings = {},
}: SystemPostgresOptions = {}): Promise<SystemPostgres> {
  const user = process.getuid?.() === 0 ? await postgresUser() : undefined
  const folder = await mkdtemp(join(tmpdir(), 'laurel-system-postgres-'))
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const port = await freePort(undefined)
  const program = async (name: string, args: readonly string[]) => {
    const detachOutput = name === 'pg_ctl'
    const { ok, output } = await run(join(programs as string, name), args, { user, detachOutput })
    if (!ok) throw new Error(`${name} failed: ${output}`)
  }
  await program('initdb', [
    '-D',
    data,
    '-U',
    'laurel',
    '-A',
    'trust',
    '--no-sync',
    '-E',
    'UTF8',
    '--locale=C',
  ])
  const all = { port, listen_addresses: '127.0.0.1', unix_socket_directories: "''", ...settings }
  const options = Object.entries(all)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
  await program('pg_ctl', ['start', '-w', '-s', '-D', data, '-l', join(folder, 'log'), '-o', options])
  const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
  return {
    url: `postgres://laurel@127.0.0.1:${port}/postgres`,
    postmaster: Number(pid),
    async [Symbol.asyncDispose]() {
      await program('pg_ctl', ['stop', '-w', '-s', '-D', data, '-m', 'fast'])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
