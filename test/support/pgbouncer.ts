import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { postgresUser } from '../../src/embedded-postgres/home.ts'
import { freePort } from '../../src/embedded-postgres/port.ts'
import { untilListening } from './listening.ts'

const BINARY = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find(existsSync)

/** Why tests with a PgBouncer cannot run here; undefined where they can. */
export const noPgbouncer = BINARY === undefined ? 'pgbouncer is not installed' : undefined

type Settings = Readonly<Record<string, string | number>>

export interface Pgbouncer extends AsyncDisposable {
  /** The same database through the pooler, by its own name and user: a server of a cluster derives the addresses of the other nodes. */
  readonly url: string
  /** Takes other settings, without an end of connections. */
  reload(settings: Settings): Promise<void>
}

/** Puts a PgBouncer before a database, with settings of pgbouncer.ini. */
export async function startPgbouncer(databaseUrl: string, settings: Settings): Promise<Pgbouncer> {
  const target = new URL(databaseUrl)
  const port = await freePort(undefined)
  const folder = await mkdtemp(join(tmpdir(), 'laurel-pgbouncer-'))
  // It refuses to run as root.
  const user = process.getuid?.() === 0 ? await postgresUser() : undefined
  if (user !== undefined) await chown(folder, user.uid, user.gid)
  const logFile = join(folder, 'pgbouncer.log')
  const general = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    logfile: logFile,
    admin_users: target.username,
  }
  const name = target.pathname.slice(1)
  const server = {
    host: target.hostname,
    port: target.port,
    dbname: name,
    user: target.username,
    // An empty value is a syntax error.
    ...(target.password === '' ? {} : { password: target.password }),
  }
  const file = join(folder, 'pgbouncer.ini')
  const write = (changed: Settings) => {
    const all = { ...general, ...changed }
    const ini = ['[databases]', `${name} = ${lines(server).join(' ')}`, '[pgbouncer]', ...lines(all), '']
    return writeFile(file, ini.join('\n'))
  }
  await write(settings)
  const child = spawn(BINARY as string, ['-q', file], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  })
  const exited = once(child, 'exit')
  const failed = exited.then(async () => {
    throw new Error(`pgbouncer did not start: ${await readFile(logFile, 'utf8')}`)
  })
  await untilListening(port, failed)
  const urlOf = (database: string) => `postgres://${target.username}@127.0.0.1:${port}/${database}`
  return {
    url: urlOf(name),
    async reload(changed) {
      await write(changed)
      const client = new pg.Client({ connectionString: urlOf('pgbouncer') })
      await client.connect()
      await client.query('RELOAD')
      await client.end()
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function lines(values: Settings): string[] {
  return Object.entries(values).map(([name, value]) => `${name}=${value}`)
}
