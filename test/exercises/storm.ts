import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/index.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createDataFolder } from '../support/data-folder.ts'
import { endConnections, setReadOnly } from '../support/disturbed-database.ts'
import { createFixture } from '../support/fixture.ts'
import type { ServerProcess } from '../support/server.ts'
import { startProxy } from '../support/severed.ts'
import { Writers } from '../support/writers.ts'
import type { Exercise } from './exercise.ts'
import { startTwoServers } from './two-servers.ts'

const OUTAGE_MILLISECONDS = 300

export const storm: Exercise = {
  title:
    'two servers lose their connections, their database refuses writes, and one of them is killed, in turn',
  times: 200,
  async run(times, log) {
    await using cleanup = new AsyncDisposableStack()
    const dataDirectory = await createDataFolder('storm')
    cleanup.defer(() => rm(dataDirectory, { recursive: true, force: true }))
    const postgres = cleanup.use(await startEmbeddedPostgres({ dataDirectory, log: createLog('silent') }))
    const proxy = cleanup.use(await startProxy(postgres.connectionString))
    const admin = new pg.Client({ connectionString: postgres.connectionString })
    await admin.connect()
    cleanup.defer(() => admin.end())

    const { addresses, servers, start } = await startTwoServers(cleanup, proxy.url)
    await createFixture(addresses[0] as string, Writers.achievements)

    const disturbances = {
      'connections terminated': () => endConnections(admin),
      'connections cut': async () => {
        proxy.cut()
        await sleep(OUTAGE_MILLISECONDS)
        proxy.mend()
      },
      'writes refused': async () => {
        await setReadOnly(admin, true)
        await endConnections(admin)
        await sleep(OUTAGE_MILLISECONDS)
        await setReadOnly(admin, false)
      },
      'servers killed': async () => {
        const [killed] = servers.splice(0, 1) as [ServerProcess]
        await killed.kill('SIGKILL')
        servers.push(await start(killed.address))
      },
    }
    const kinds = Object.keys(disturbances) as (keyof typeof disturbances)[]
    const counts: Record<string, number> = {}
    using writers = new Writers(addresses)
    for (let round = 0; round < times; round += 1) {
      await writers.more(50)
      const kind = kinds[round % kinds.length] as (typeof kinds)[number]
      await disturbances[kind]()
      counts[kind] = (counts[kind] ?? 0) + 1
      log(`${round + 1} of ${times} disturbances, ${writers.total} acknowledged writes`)
    }
    await writers.more(50)
    await writers.stop()
    await writers.check(postgres.connectionString)
    return { ...counts, 'acknowledged writes': writers.total, ...writers.failuresByStatus }
  },
}
