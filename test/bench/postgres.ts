/** The bench's Postgres, durable as in the product. The process removes its data and ends when its parent ends. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createLog } from '../../src/telemetry/log.ts'

const released = new Promise<void>((resolve) => process.once('disconnect', resolve))
// A Ctrl-C reaches this process too, which must run until the bench has ended.
process.on('SIGINT', () => {})

await using cleanup = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'laurel-bench-'))
cleanup.defer(() => rm(folder, { recursive: true, force: true }))
// When root runs the bench, another user runs Postgres and must be able to enter the folder.
await chmod(folder, 0o755)
const postgres = cleanup.use(
  await startEmbeddedPostgres({ dataDirectory: folder, durable: true, log: createLog('error') }),
)
process.send?.({ ready: postgres.connectionString })
await released
