/**
 * The process that owns the database server of a test run. When the run's IPC channel closes, because it has finished or was
 * killed, the server stops and its files are removed.
 */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Client, escapeIdentifier } from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { migrate } from '../../src/store/migrate.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { citusUrls, createClusterDatabase, makeClusterTemplate, noCitus } from './citus.ts'
import { createDataFolder } from './data-folder.ts'
import { startSystemPostgres } from './system-postgres.ts'

export interface TestServer {
  /** A connection that may create databases. */
  readonly adminUrl: string
  /** A migrated database to clone; the names of the run's databases begin with its name. */
  readonly template: string
}

/** Settings that trade safety for speed, and the connections that the test files need together. */
const THROWAWAY = { max_connections: 400, fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }

const released = new Promise<void>((resolve) => process.once('disconnect', resolve))
// Ctrl-C reaches this process too, which must outlive the run: the closed channel ends it.
process.on('SIGINT', () => undefined)

await using cleanup = new AsyncDisposableStack()
const isCluster = noCitus === undefined
const givenUrl = isCluster ? citusUrls[0] : process.env['TEST_DATABASE_URL']
const adminUrl = givenUrl ?? (await startServer(cleanup))
const template = `laurel_test_${randomBytes(4).toString('hex')}`
if (givenUrl !== undefined) {
  for (const url of isCluster ? citusUrls : [givenUrl]) cleanup.defer(() => dropDatabases(url, template))
}
if (isCluster) await createClusterDatabase(template)
else await onServer(adminUrl, `CREATE DATABASE ${escapeIdentifier(template)}`)
const templateUrl = new URL(adminUrl)
templateUrl.pathname = `/${template}`
await migrate(templateUrl.href)
if (isCluster) await makeClusterTemplate(template)
process.send?.({ adminUrl, template } satisfies TestServer)
await released

async function startServer(stack: AsyncDisposableStack): Promise<string> {
  const version = process.env['TEST_SYSTEM_POSTGRES']
  if (version !== undefined) {
    const programs = `/usr/lib/postgresql/${version}/bin`
    return stack.use(await startSystemPostgres({ programs, settings: THROWAWAY })).url
  }
  const folder = await createDataFolder('test')
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const log = createLog('error')
  return stack.use(await startEmbeddedPostgres({ dataDirectory: folder, durable: false, log }))
    .connectionString
}

async function onServer(url: string, statement: string): Promise<{ name: string }[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<{ name: string }>(statement)).rows
  } finally {
    await client.end()
  }
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  const names = await onServer(
    url,
    `SELECT datname AS name FROM pg_database WHERE starts_with(datname, '${prefix}')`,
  )
  for (const { name } of names) await onServer(url, `DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`)
}
