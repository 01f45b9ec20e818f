import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ServiceError, status } from '@grpc/grpc-js'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBinaries } from '../../src/embedded-postgres/binaries.ts'
import {
  type Cluster,
  ensureCluster,
  findPostmaster,
  SUPERUSER,
  stopPostmaster,
} from '../../src/embedded-postgres/cluster.ts'
import { openHome } from '../../src/embedded-postgres/home.ts'
import { freePort } from '../../src/embedded-postgres/port.ts'
import { startWithRetries } from '../../src/embedded-postgres/supervisor.ts'
import { Status } from '../../src/gen/google/rpc/status.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createDataFolder } from '../support/data-folder.ts'
import { createFixture } from '../support/fixture.ts'
import { untilWithin } from '../support/quickly.ts'
import { startServerProcess } from '../support/server.ts'
import { Writers } from '../support/writers.ts'

const log = createLog('silent')

let folder: string
let cluster: Cluster
let port: number
let databaseUrl: string

beforeAll(async () => {
  folder = await createDataFolder('outage')
  const home = await openHome(folder, log)
  cluster = { ...home, binaries: await findBinaries(home.user), durable: true }
  const { password } = await ensureCluster(cluster)
  port = await freePort(undefined)
  databaseUrl = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`
  await startWithRetries(cluster, port, log)
})
afterAll(async () => {
  await stopPostmaster(cluster)
  await rm(folder, { recursive: true, force: true })
})

test('calls fail fast while Postgres is down, and succeed within 2 seconds of its return', async () => {
  await using server = await startServerProcess({ databaseUrl })
  await createFixture(server.address, Writers.achievements)
  using writers = new Writers([server.address])
  /** Returns the time from the return of Postgres to the first acknowledged writes. */
  const outage = async () => {
    await writers.more(200)

    const failed = writers.failures.length
    process.kill((await findPostmaster(cluster))?.pid as number, 'SIGKILL')
    // Far more than could hang: eight calls are under way at a time.
    await expect.poll(() => writers.failures.length).toBeGreaterThan(failed + 200)
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503)

    const starting = startWithRetries(cluster, port, log)
    const back = await firstConnection()
    await writers.more(8)
    const duration = performance.now() - back
    await starting
    return duration
  }
  for (let round = 1; round <= 3; round += 1) await untilWithin(2_000, outage)
  await writers.stop()

  expect(new Set(writers.failures.map(({ code }) => code))).toEqual(new Set([status.UNAVAILABLE]))
  expect(new Set(writers.failures.map(hasRetryInfo))).toEqual(new Set([true]))
  await writers.check(databaseUrl)
})

/** Returns the time at which Postgres accepts a connection again. */
async function firstConnection(): Promise<number> {
  for (;;) {
    const client = new pg.Client({ connectionString: databaseUrl })
    client.on('error', () => {})
    try {
      await client.connect()
      return performance.now()
    } catch {
      await sleep(10)
    } finally {
      await client.end().catch(() => {})
    }
  }
}

function hasRetryInfo({ metadata }: ServiceError): boolean {
  const [bytes] = metadata.get('grpc-status-details-bin')
  const { details } = Status.decode(bytes as Buffer)
  return details.some(({ typeUrl }) => typeUrl === 'type.googleapis.com/google.rpc.RetryInfo')
}
