import { existsSync, globSync } from 'node:fs'
import { appendFile, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresUser } from '../../src/embedded-postgres/home.ts'
import { freePort } from '../../src/embedded-postgres/port.ts'
import { run } from '../../src/embedded-postgres/process.ts'
import { postmasterIn } from './postmaster.ts'

/** Of a Postgres that the system's package manager installed, and that compiles expensive statements. */
const LIBRARIES = globSync('/usr/lib/postgresql/*/lib/llvmjit.so').toSorted()
const PROGRAMS = LIBRARIES.map((library) => join(library, '../../bin')).findLast((folder) =>
  existsSync(join(folder, 'initdb')),
)

/** Why tests with a Postgres that compiles statements cannot run here; undefined where they can. */
export const noSystemPostgres =
  PROGRAMS === undefined ? 'no Postgres with LLVM is installed below /usr/lib/postgresql' : undefined

type Settings = Readonly<Record<string, string | number>>

export interface SystemPostgresOptions {
  /** The folder of its programs; by default of the newest that compiles statements. */
  readonly programs?: string | undefined
  readonly settings?: Settings
  /** The primary to copy and to follow as a standby. */
  readonly standbyOf?: SystemPostgres
}

export interface SystemPostgres extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** The process that all backends are children of. */
  readonly postmaster: number
  /** Makes a standby a primary. */
  promote(): Promise<void>
  stop(): Promise<void>
  /** Starts a stopped primary again, as the standby of its successor. */
  startAsStandbyOf(primary: SystemPostgres): Promise<void>
}

/** Starts the system's Postgres, as it is delivered but for the settings, on an empty folder. */
export async function startSystemPostgres({
  programs = PROGRAMS,
  settings = {},
  standbyOf,
}: SystemPostgresOptions = {}): Promise<SystemPostgres> {
  const user = process.getuid?.() === 0 ? await postgresUser() : undefined
  const folder = await mkdtemp(join(tmpdir(), 'laurel-system-postgres-'))
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const port = await freePort(undefined)
  const program = async (name: string, ...args: readonly string[]) => {
    const detachOutput = name === 'pg_ctl'
    const { ok, output } = await run(join(programs as string, name), args, { user, detachOutput })
    if (!ok) throw new Error(`${name} failed: ${output}`)
  }
  if (standbyOf === undefined) {
    const trusted = ['-U', 'laurel', '-A', 'trust', '--no-sync']
    await program('initdb', '-D', data, ...trusted, '-E', 'UTF8', '--locale=C')
  } else {
    const primary = ['-h', '127.0.0.1', '-p', String(standbyOf.port), '-U', 'laurel']
    await program('pg_basebackup', '-D', data, ...primary, '-R', '--checkpoint=fast', '--no-sync')
  }
  const all = { port, listen_addresses: '127.0.0.1', unix_socket_directories: "''", ...settings }
  const options = Object.entries(all)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ')
  const start = () =>
    program('pg_ctl', 'start', '-w', '-s', '-D', data, '-l', join(folder, 'log'), '-o', options)
  const stop = () => program('pg_ctl', 'stop', '-w', '-s', '-D', data, '-m', 'fast')
  await start()
  let postmaster = await postmasterIn(data)
  return {
    url: `postgres://laurel@127.0.0.1:${port}/postgres`,
    port,
    get postmaster() {
      return postmaster
    },
    promote: () => program('pg_ctl', 'promote', '-w', '-s', '-D', data),
    stop,
    async startAsStandbyOf(primary) {
      const connection = `host=127.0.0.1 port=${primary.port} user=laurel`
      await appendFile(join(data, 'postgresql.auto.conf'), `primary_conninfo = '${connection}'\n`)
      await writeFile(join(data, 'standby.signal'), '')
      await start()
      postmaster = await postmasterIn(data)
    },
    async [Symbol.asyncDispose]() {
      // A test may have stopped or killed it.
      await stop().catch(() => {})
      await rm(folder, { recursive: true, force: true })
    },
  }
}
