import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
import {
  GetProgressRequest,
  ProgressServiceClient,
  RecordProgressRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { untilWithin } from '../support/quickly.ts'
import { startServer } from '../support/server.ts'

const log = createLog('silent')
const key = { titleId: TITLE_ID, achievementId: 'marathon' }
const players = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']

let folder: string
let cluster: Cluster
let port: number
let databaseUrl: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-outage-'))
  // Under root, Postgres runs as another user, who must be able to enter the folder.
  await chmod(folder, 0o755)
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

/** Adds in sequence for each player; each add is repeated under its request id until it is acknowledged. */
class Writers {
  readonly acknowledged = new Map(players.map((player) => [player, 0]))
  readonly failures: ServiceError[] = []
  readonly #client: ProgressServiceClient & Disposable
  readonly #done: Promise<unknown>
  #stopped = false

  constructor(address: string) {
    this.#client = createClient(ProgressServiceClient, address)
    this.#done = Promise.all(players.map((player) => this.#write(player)))
  }

  get total(): number {
    return [...this.acknowledged.values()].reduce((sum, count) => sum + count, 0)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#done
    this.#client.close()
  }

  async #write(playerId: string): Promise<void> {
    const one = { quantity: { value: { $case: 'integer' as const, value: 1n } } }
    for (let count = 0; !this.#stopped; count += 1) {
      const report = { $case: 'add' as const, value: one }
      const request = RecordProgressRequest.fromPartial({ ...key, playerId, report, requestId: `${count}` })
      while (!(await this.#try(request))) await sleep(10)
      this.acknowledged.set(playerId, count + 1)
    }
  }

  /** Has a deadline, so that a call that hangs fails with another code; no machine stalls for so long. */
  async #try(request: RecordProgressRequest): Promise<boolean> {
    try {
      await callUnary(this.#client, 'recordProgress', request, { deadline: new Date(Date.now() + 120_000) })
      return true
    } catch (error) {
      this.failures.push(error as ServiceError)
      return false
    }
  }
}

test('calls fail fast while Postgres is down, and succeed within 2 seconds of its return', async () => {
  await using server = await startServer({ databaseUrl })
  await createFixture(server.address, { marathon: 1_000_000n })
  const writers = new Writers(server.address)
  /** Returns the time from the return of Postgres to the first acknowledged writes. */
  const outage = async () => {
    const before = writers.total
    await expect.poll(() => writers.total).toBeGreaterThan(before + 200)

    const failed = writers.failures.length
    process.kill((await findPostmaster(cluster))?.pid as number, 'SIGKILL')
    // Far more than could hang: eight calls are under way at a time.
    await expect.poll(() => writers.failures.length).toBeGreaterThan(failed + 200)
    await expect.poll(async () => (await fetch(`${server.url}/readyz`)).status).toBe(503)

    const starting = startWithRetries(cluster, port, log)
    const back = await firstConnection()
    const during = writers.total
    while (writers.total < during + players.length) await sleep(5)
    const duration = performance.now() - back
    await starting
    return duration
  }
  for (let round = 1; round <= 3; round += 1) await untilWithin(2_000, outage)
  await writers.stop()

  expect(new Set(writers.failures.map(({ code }) => code))).toEqual(new Set([status.UNAVAILABLE]))
  expect(new Set(writers.failures.map(hasRetryInfo))).toEqual(new Set([true]))
  expect(await stored(server.address)).toEqual(writers.acknowledged)
  expect(await countEvents()).toBe(writers.total)
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

async function stored(address: string): Promise<Map<string, number>> {
  using client = createClient(ProgressServiceClient, address)
  const counts = players.map(async (playerId) => {
    const { progress } = await callUnary(
      client,
      'getProgress',
      GetProgressRequest.fromPartial({ ...key, playerId }),
    )
    return [playerId, Number(progress?.requirements[0]?.current?.value?.value)] as const
  })
  return new Map(await Promise.all(counts))
}

async function countEvents(): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query("select count(*)::int as count from events where kind = 'progressed'")
  await client.end()
  return rows[0].count
}
