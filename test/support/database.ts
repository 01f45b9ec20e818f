import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Client, DatabaseError, escapeIdentifier } from 'pg'
import { inject } from 'vitest'
import { citusUrls, noCitus } from './citus.ts'

export interface TestDatabase extends AsyncDisposable {
  readonly url: string
}

async function isInUse(client: Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query(
    // The nodes of a cluster keep connections to each other.
    `SELECT FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'
      AND NOT starts_with(application_name, 'citus_')`,
    [name],
  )
  return rowCount !== 0
}

/** SQLSTATE object_in_use: another worker is cloning the template. */
const OBJECT_IN_USE = '55006'

/** Creates a migrated, empty database for one test file. Disposing drops it, with the connections that are left. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { adminUrl, template } = inject('testServer')
  const name = `${template}_${randomBytes(6).toString('hex')}`
  const create = `CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE ${escapeIdentifier(template)}`
  const nodes = noCitus === undefined ? citusUrls : [adminUrl]
  for (const node of nodes) {
    await onServer(node, async (client) => {
      while (!(await tryTo(client, create))) await wait(50)
    })
  }
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return {
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      for (const node of nodes) {
        await onServer(node, async (client) => {
          // A pool ends before its connections do: a connection that the drop terminates would raise an unhandled error.
          for (let attempt = 1; attempt <= 2400 && (await isInUse(client, name)); attempt += 1) await wait(50)
          const drop = `DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`
          // The maintenance daemon of Citus may begin meanwhile.
          while (!(await tryTo(client, drop))) await wait(50)
        })
      }
    },
  }
}

async function tryTo(client: Client, statement: string): Promise<boolean> {
  try {
    await client.query(statement)
    return true
  } catch (error) {
    if (error instanceof DatabaseError && error.code === OBJECT_IN_USE) return false
    throw error
  }
}

async function onServer(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
