import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, readlink, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres/index.ts'
import { canEnter } from '../src/embedded-postgres/system-folder.ts'
import { createLog } from '../src/telemetry/log.ts'

const log = createLog('silent')
const isRoot = userInfo().uid === 0

let folder: string
let dataDirectory: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-embedded-'))
  await chmod(folder, 0o755)
  dataDirectory = join(folder, '.laurel')
})

afterEach(() => rm(folder, { recursive: true, force: true }))

describe('the embedded Postgres', () => {
  test('keeps its data across restarts, on the same port, with a password that only its owner can read', async () => {
    const first = await start()
    await query(first.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
    await first.stop()
    await expect(query(first.connectionString, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')

    await using second = await start()
    expect(second.connectionString).toBe(first.connectionString)
    expect(await query(second.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
    expect((await stat(join(dataDirectory, 'postgres/access.json'))).mode & 0o777).toBe(0o600)
    const refused = second.connectionString.replace(/:[^:@]+@/, ':wrong@')
    await expect(query(refused, 'SELECT 1')).rejects.toThrow('password authentication failed')
  })

  test('orders text the same on every machine and is durable by default', async () => {
    await using postgres = await start()
    const rows = await query(
      postgres.connectionString,
      `SELECT current_setting('server_encoding') AS encoding, 'B' < 'a' AS by_code_point,
              current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit`,
    )
    expect(rows).toEqual([{ encoding: 'UTF8', by_code_point: true, fsync: 'on', commit: 'on' }])
  })

  test('refuses a data directory that another process uses, and names the process', async () => {
    await using _first = await start()
    await expect(start()).rejects.toThrow(`${dataDirectory} is in use by process ${process.pid}`)
  })

  test('takes over a lock whose owner is gone, even when its process id belongs to somebody else now', async () => {
    await mkdir(join(dataDirectory, 'postgres'), { recursive: true })
    await writeFile(
      join(dataDirectory, 'postgres/lock'),
      JSON.stringify({ pid: process.pid, started: 'long ago' }),
    )
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('outlives a killed Laurel and is adopted by the next one', async () => {
    const killed = await startAsChild()
    await query(killed.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
    await kill(killed.child)
    const before = await postmasterId()
    await using adopted = await start()
    expect(await postmasterId()).toBe(before)
    expect(await query(adopted.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
  })

  test('starts after both were killed, even when the old process id belongs to somebody else now', async () => {
    const killed = await startAsChild()
    await query(killed.connectionString, 'CREATE TABLE kept AS SELECT 7 AS n')
    await kill(killed.child)
    process.kill(await postmasterId(), 'SIGKILL')
    const file = join(dataDirectory, 'postgres/data/postmaster.pid')
    await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(process.pid)))
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT n FROM kept')).toEqual([{ n: 7 }])
  })

  test('leaves nothing half-made when it is killed while the cluster is being made', async () => {
    const child = spawnStarter()
    await expect.poll(() => stat(join(dataDirectory, 'postgres/lock')), { interval: 1 }).toBeTruthy()
    await wait(150)
    await kill(child)
    await using postgres = await start()
    expect(await query(postgres.connectionString, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('comes back on the same port when it is killed under a living Laurel, again and again', async () => {
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
    'keeps root’s data where its Postgres can enter, below a folder that is closed',
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

  test.skipIf(!isRoot)('serves an ordinary user', async ({ skip }) => {
    const user = { uid: 65534, gid: 65534 }
    skip(
      !(await canEnter(import.meta.dirname, user)),
      'the repository is in a folder that only root may enter',
    )
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

/** A Laurel of its own, to be killed. */
function spawnStarter(user: { uid?: number; gid?: number } = {}): ChildProcess {
  const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  const program = `
    const { startEmbeddedPostgres } = await import(${source('../src/embedded-postgres/index.ts')})
    const { createLog } = await import(${source('../src/telemetry/log.ts')})
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
    throw new Error(`the child ended with exit code ${code} before it served`)
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
