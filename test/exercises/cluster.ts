import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { instantFromMilliseconds, TICKS_PER_SECOND } from '../../src/model/instant.ts'
import { NEVER_ABORTED } from '../../src/model/never-aborted.ts'
import { distribute } from '../../src/store/citus/distribute.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { Queries } from '../../src/store/queries.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import {
  citusUrls,
  loseNode,
  moveShards,
  noCitus,
  openClusterDatabase,
  urlOfDatabase,
} from '../support/citus.ts'
import { endConnections } from '../support/disturbed-database.ts'
import { BrowserWatch } from '../support/event-source.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { Writers } from '../support/writers.ts'
import type { Exercise } from './exercise.ts'
import { startTwoServers } from './two-servers.ts'

const DAY = 86_400n * TICKS_PER_SECOND
const OUTAGE_MILLISECONDS = 1_000
/** After the last write: Citus completes transactions of a lost node, and the position of events follows. */
const MAX_DELAY_MILLISECONDS = 120_000

export const cluster: Exercise = {
  title:
    'two servers on a Citus cluster lose their connections or a worker, or are killed, shards are moved, and days begin, in turn',
  times: 100,
  async run(times, log) {
    if (noCitus !== undefined) throw new Error(noCitus)
    await using cleanup = new AsyncDisposableStack()
    const database = cleanup.use(await openClusterDatabase())
    await migrate(database.url)
    await distribute(database.url)
    const name = new URL(database.url).pathname.slice(1)
    const [, ...workers] = citusUrls
    const workerOf = (round: number) => workers[round % workers.length] as string

    const { addresses, servers, start } = await startTwoServers(cleanup, database.url)
    // It is not killed, and receives the events that the others write.
    const watching = cleanup.use(await startServerProcess({ databaseUrl: database.url }))
    await createFixture(watching.address, Writers.achievements)
    const query = [
      ['title_id', TITLE_ID],
      ['from_oldest', 'true'],
    ] as const
    using watch = new BrowserWatch(watching.url, { query })

    const store = openStore({ connectionString: database.url, poolSize: 2, onError: () => {} })
    cleanup.defer(() => store.close())
    const disturbances = {
      'connections terminated': async () => {
        for (const url of citusUrls) await endConnectionsOf(urlOfDatabase(url, name))
      },
      'workers lost': async (round: number) => {
        await using _ = await loseNode(workerOf(round), name)
        await sleep(OUTAGE_MILLISECONDS)
      },
      'servers killed': async () => {
        const [killed] = servers.splice(0, 1) as [ServerProcess]
        await killed.kill('SIGKILL')
        servers.push(await start(killed.address))
      },
      'times all shards of a worker were moved': async (round: number) =>
        moveShards(database.url, workerOf(round), workerOf(round + 1)),
      'days begun': (round: number) => beginDay(store, BigInt(round)),
    }
    const kinds = Object.keys(disturbances) as (keyof typeof disturbances)[]
    const counts: Record<string, number> = {}
    using writers = new Writers(addresses)
    for (let round = 0; round < times; round += 1) {
      await writers.more(50)
      const kind = kinds[round % kinds.length] as (typeof kinds)[number]
      await disturbances[kind](Math.floor(round / kinds.length))
      counts[kind] = (counts[kind] ?? 0) + 1
      log(`${round + 1} of ${times} disturbances, ${writers.total} acknowledged writes`)
    }
    await writers.more(50)
    await writers.stop()
    await writers.check(database.url)
    await checkWatch(watch, writers.total)
    return { ...counts, 'acknowledged writes': writers.total, ...writers.failuresByStatus }
  },
}

/** Has the ids of a day begin, so many days from now, and drops the partitions of responses before it. */
async function beginDay(store: Store, daysBefore: bigint): Promise<void> {
  const write = (work: (queries: Queries) => Promise<unknown>) => store.write(NEVER_ABORTED, work)
  const time = instantFromMilliseconds(Date.now()) + daysBefore * DAY
  const last = await store.read(NEVER_ABORTED, (queries) => queries.events.findLastId())
  await write((queries) => queries.partitions.createNext(time))
  await write((queries) => queries.partitions.startDay(time + DAY))
  const past = await store.read(NEVER_ABORTED, (queries) =>
    queries.partitions.listUpTo('player_requests', last),
  )
  for (const partition of past) await write((queries) => queries.partitions.drop(partition))
}

/** Every acknowledged write is one event, which the watch received once. */
async function checkWatch({ events }: BrowserWatch, expected: number): Promise<void> {
  const received = () =>
    new Set(events.flatMap(({ data }) => (data['player_id'] ? [data['event_id']] : []))).size
  const deadline = performance.now() + MAX_DELAY_MILLISECONDS
  while (received() < expected && performance.now() < deadline) await sleep(100)
  if (received() !== expected)
    throw new Error(`${expected} writes were acknowledged, and the watch received ${received()} events`)
}

async function endConnectionsOf(url: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url })
  await admin.connect()
  await endConnections(admin)
  await admin.end()
}
