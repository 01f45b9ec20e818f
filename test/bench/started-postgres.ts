import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createLog } from '../../src/telemetry/log.ts'

/** Starts an empty Postgres until the cleanup, which removes its data. Returns the connection string. */
export async function startPostgres(cleanup: AsyncDisposableStack, durable = true): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'laurel-bench-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  // When root runs the bench, another user runs Postgres and must be able to enter the folder.
  await chmod(folder, 0o755)
  const options = { dataDirectory: folder, durable, log: createLog('error') }
  return cleanup.use(await startEmbeddedPostgres(options)).connectionString
}
