import { rm } from 'node:fs/promises'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createDataFolder } from '../support/data-folder.ts'

/** Starts an empty Postgres until the cleanup, which removes its data. Returns the connection string. */
export async function startPostgres(cleanup: AsyncDisposableStack, durable = true): Promise<string> {
  const folder = await createDataFolder('bench')
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const options = { dataDirectory: folder, durable, log: createLog('error') }
  return cleanup.use(await startEmbeddedPostgres(options)).connectionString
}
