/** The bench's Postgres, durable as in the product. The process removes its data and ends when its parent ends. */
import { startPostgres } from './started-postgres.ts'

const released = new Promise<void>((resolve) => process.once('disconnect', resolve))
// A Ctrl-C reaches this process too, which must run until the bench has ended.
process.on('SIGINT', () => {})

await using cleanup = new AsyncDisposableStack()
const connectionString = await startPostgres(cleanup)
process.send?.({ ready: connectionString })
await released
