import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, readFile, readlink, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { canEnter } from '../../src/embedded-postgres/home.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createDataFolder } from '../support/data-folder.ts'

const log = createLog('silent')
const isRoot = userInfo().uid === 0

let folder: string
let dataDirectory: string

beforeEach(async () => {
  folder = await createDataFolder('embedded')
  dataDirectory = join(folder, '.laurel')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the embedded Postgres', () => {
  test('keeps data and port across restarts, with a password file that only its owner can read', async () => {
    const first = await start()
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
    await first.stop()
    await expect(query(first.connectionString, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')

    await using second = await start()
    expect(second.connectionString).toBe(first.connectionString)
    expect(await query(second.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
    expect((await stat(join(dataDirectory, 'postgres/access.json'))).mode & 0o777).toBe(0o600)
    const wrongPassword = second.connectionString.replace(/:[^:@]+@/, ':wrong@')
    await expect(query(wrongPassword, 'SELECT 1')).rejects.toThrow('password authentication failed')
  })

  test('orders text by code point and is durable by default', async () => {
    await using postgres = await start()
    const rows = await query(
      postgres.connectionString,
      `SELECT current_setting('server_encoding') AS encoding, 'B' < 'a' AS by_code_point,
              current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
    )
    expect(rows).toEqual([{ encoding: 'UTF8', by_code_point: true, fsync: 'on', commit: 'on' }])
  })

  test('refuses a data directory in use, and names the process', async () => {
    await using _first = await start()
    await expect(start()).rejects.toThrow(`${dataDirectory} is in use by process ${process.pid}`)
  })

  test('refuses data of another major version of Postgres in one sentence, and leaves it as it is', async () => {
    await (await start()).stop()
    const file = join(dataDirectory, 'postgres/data/PG_VERSION')
    const written = await readFile(file, 'utf8')
    await writeFile(file, '17\n')
    await expect(start()).rejects.toThrow(
      /^\S+ was written by PostgreSQL 17, and this version of Laurel has PostgreSQL \d+, which cannot read it: run `laurel backup FILE` with /,
    )
    await writeFile(file, written)
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('replaces the lock of a dead process, even when its process id is reused', async () => {
    await mkdir(join(dataDirectory, 'postgres'), { recursive: true })
    await writeFile(
      join(dataDirectory, 'postgres/lock'),
      JSON.stringify({ pid: process.pid, started: 'long ago' }),
    )
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('keeps running when Laurel is killed, and the next start adopts it', async () => {
    const killed = await startAsChild()
    await query(killed.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
    await kill(killed.child)
    const before = await postmasterId()
    await using adopted = await start()
    expect(await postmasterId()).toBe(before)
    expect(await query(adopted.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
  })

  test('starts after both were killed, even when the process id of Postgres is reused', async () => {
    const killed = await startAsChild()
    await query(killed.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
    await kill(killed.child)
    process.kill(await postmasterId(), 'SIGKILL')
    const file = join(dataDirectory, 'postgres/data/postmaster.pid')
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(process.pid)))
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
  })

  test('starts after a kill during the creation of the cluster', async () => {
    const child = spawnStarter()
    await expect.poll(() => stat(join(dataDirectory, 'postgres/lock')), { interval: 1 }).toBeTruthy()
    await wait(150)
    await kill(child)
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('restarts on the same port each time Postgres is killed', async () => {
    await using postgres = await start()
    await query(postgres.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
    for (let round = 0; round < 2; round += 1) {
      const before = await postmasterId()
      process.kill(before, 'SIGKILL')
      await expect
        .poll(() => query(postgres.connectionString, 'SELECT n FROM kept').catch(String))
        .toEqual([{ n: 7 }])
      expect(await postmasterId()).not.toBe(before)
    }
  })

  test.skipIf(!isRoot)(
    'keeps root’s data in the system folder when Postgres cannot enter the data directory',
    async () => {
      await chmod(folder, 0o700)
      const first = await start()
      const home = await readlink(join(dataDirectory, 'postgres'))
      try {
        await query(first.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
        await first.stop()
        await using second = await start()
        expect(await query(second.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
      } finally {
        await rm(home, { recursive: true, force: true })
      }
    },
  )

  test.skipIf(!isRoot)('runs for an ordinary user, and then for root', async ({ skip }) => {
    const user = { uid: 65534, gid: 65534 }
    skip(!(await canEnter(import.meta.dirname, user)), 'only root can enter the folder of the repository')
    await chmod(folder, 0o777)
    const { child, connectionString } = await startAsChild(user)
    expect(await query(connectionString, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
    expect((await stat(join(dataDirectory, 'postgres/data'))).uid).toBe(65534)
    child.kill('SIGTERM')
    await once(child, 'exit')
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })
})

function start(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ dataDirectory, log })
}

/** Starts Postgres in a process that can be killed. */
function spawnStarter(user: { uid?: number; gid?: number } = {}): ChildProcess {
  const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const program = `
    const { startEmbeddedPostgres } = await import(${source('../../src/embedded-postgres/index.ts')})
    const { createLog } = await import(${source('../../src/telemetry/log.ts')})
    const options = { dataDirectory: ${JSON.stringify(dataDirectory)}, log: createLog('silent') }
    const postgres = await startEmbeddedPostgres(options)
    console.log(postgres.connectionString)
    process.on('SIGTERM', () => postgres.stop().then(() => process.exit()))
    setInterval(() => undefined, 1000)`
  const args = ['--input-type=module', '--eval', program]
  return spawn(process.execPath, args, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] })
}

async function startAsChild(user = {}): Promise<{ child: ChildProcess; connectionString: string }> {
  const child = spawnStarter(user)
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the child ended with exit code ${code} before it started Postgres`)
  })
  const [line] = await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, 'data'), ended])
  return { child, connectionString: String(line).trim() }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}

async function postmasterId(): Promise<number> {
  const file = join(await realpath(join(dataDirectory, 'postgres')), 'data/postmaster.pid')
  return Number((await readFile(file, 'utf8')).split('\n')[0])
}

async function query(connectionString: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
