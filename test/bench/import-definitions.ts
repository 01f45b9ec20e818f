/**
 * Prints the time of importing one document of new definitions, and the CPU time of this process and of Postgres, per definition. Run with
 * `npm exec -c 'node test/bench/import-definitions.ts [DEFINITIONS] [ROUNDS] [DIALECT...]'`; by default of all dialects.
 */
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { adapters } from '../../adapters/index.ts'
import { migrate } from '../../src/store/migrate.ts'
import { openStore } from '../../src/store/store.ts'
import { cpuSeconds } from '../support/cpu-time.ts'
import { entryOf } from '../support/documents.ts'
import { importText } from '../support/exchange.ts'
import { servicesOn, spoolOf } from '../support/services.ts'
import { startPostgres } from './started-postgres.ts'

const [definitions = '100000', rounds = '3', ...named] = process.argv.slice(2)
const count = Number(definitions)
const dialects = named.length > 0 ? named : adapters.map(({ id }) => id)
const GIBIBYTE = 2 ** 30

await using cleanup = new AsyncDisposableStack()
const connectionString = await startPostgres(cleanup)
await migrate(connectionString)
const store = openStore({ connectionString, poolSize: 4, onError: () => {} })
cleanup.defer(() => store.close())
const spool = spoolOf({ maxDocumentBytes: GIBIBYTE, maxTotalBytes: GIBIBYTE, maxCallerBytes: GIBIBYTE })
const services = { ...servicesOn(store), spool }
const postmaster = await postmasterOf(connectionString)

for (let round = 0; round < Number(rounds); round += 1)
  for (const dialect of dialects) {
    const entries = Array.from({ length: count }, (_, number) =>
      entryOf(dialect, { number: number + 1, achievement: {} }),
    )
    const text = JSON.stringify(entries)
    const [start, cpu, cpuOfPostgres] = [performance.now(), process.cpuUsage(), await cpuSeconds(postmaster)]
    const options = { titleId: `${dialect}-${round}`, allowRebinding: true }
    const { summary } = await importText(services, dialect, text, options)
    if (summary.newCount !== count) throw new Error(`${count} must be new: ${JSON.stringify(summary)}`)
    const seconds = (performance.now() - start) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const each = (total: number) => Math.round((total * 1e6) / count)
    process.stdout.write(
      `${dialect}, ${Math.round(text.length / count)} bytes each: ${seconds.toFixed(1)} s, ${each(seconds)} µs each; CPU of Node ` +
        `${each((user + system) / 1e6)} µs, of Postgres ${each((await cpuSeconds(postmaster)) - cpuOfPostgres)} µs\n`,
    )
  }

/** Returns the process that all others of Postgres are children of. */
async function postmasterOf(connectionString: string): Promise<number> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid')
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${rows[0]?.pid}/status`, 'utf8')) ?? []
    return Number(parent)
  } finally {
    await client.end()
  }
}
