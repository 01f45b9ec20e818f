/**
 * A process of its own that keeps the bench's Postgres, durable, as the product runs it, and ends with the bench:
 * when that lets go of the channel, by finishing or by being killed, everything is removed.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createLog } from '../../src/telemetry/log.ts'

const released = new Promise<void>((resolve) => process.once('disconnect', resolve))
// A Ctrl-C reaches both; this one ends when the bench has.
process.on('SIGINT', () => {})

await using cleanup = new AsyncDisposableStack()
const folder = await mkdtemp(join(tmpdir(), 'laurel-bench-'))
cleanup.defer(() => rm(folder, { recursive: true, force: true }))
// Enterable for the user that runs Postgres when the bench runs as root.
await chmod(folder, 0o755)
const postgres = cleanup.use(
  await startEmbeddedPostgres({ dataDirectory: folder, durable: true, log: createLog('error') }),
)
process.send?.({ ready: postgres.connectionString })
await released
