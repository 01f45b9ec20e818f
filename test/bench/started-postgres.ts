import { rm } from 'node:fs/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createDataFolder } from '../support/data-folder.ts'
import { onDatabase } from '../support/deliveries.ts'

/**
 * Returns the connection string of an empty database until the cleanup, which removes it: on a Postgres that it starts, or on that of
 * DATABASE_URL, whose user must be allowed to create databases. Only a Postgres that it starts can be other than durable.
 */
export async function startPostgres(cleanup: AsyncDisposableStack, durable = true): Promise<string> {
  const { DATABASE_URL: server } = process.env
  if (server !== undefined) return addDatabase(cleanup, server, `laurel_bench_${process.pid}`)
  const folder = await createDataFolder('bench')
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const options = { dataDirectory: folder, durable, log: createLog('error') }
  return cleanup.use(await startEmbeddedPostgres(options)).connectionString
}

/** Creates a database until the cleanup. Returns its connection string. */
export async function addDatabase(
  cleanup: AsyncDisposableStack,
  server: string,
  name: string,
): Promise<string> {
  const database = pg.escapeIdentifier(name)
  await onDatabase(server, `create database ${database}`)
  cleanup.defer(async () => {
    await onDatabase(server, `drop database ${database} with (force)`)
  })
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}
