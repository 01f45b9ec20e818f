import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAuth } from '../support/auth.ts'
import { lockTable } from '../support/citus.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { endConnections, setReadOnly } from '../support/disturbed-database.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { noPrometheus, type Prometheus, startPrometheus } from '../support/prometheus.ts'
import { lastingAddresses, type ServerProcess, startServerProcess } from '../support/server.ts'
import { type SeverableProxy, startProxy } from '../support/severed.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

/* Each outage of src/deploy/README.md, with a real Prometheus that has the product's configuration and alerts. */

const TITLE = 'outages'
const HOOK = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
/** As many as there are connections are being written, and the alert fires if ten more wait. */
const BATCHES = 26
const BATCH_ITEMS = 500
const ALERT_POLL = { interval: 200 }

let database: TestDatabase
let proxy: SeverableProxy
let auth: Awaited<ReturnType<typeof createAuth>>
let server: ServerProcess
let prometheus: Prometheus
let platform: FakePlatform
let addresses: Readonly<Record<string, string>>
let admin: pg.Client
let locked: AsyncDisposable

const address = ({ url }: ServerProcess) => url.replace('http://', '')

beforeAll(async () => {
  if (noPrometheus !== undefined) return
  database = await createTestDatabase()
  proxy = await startProxy(database.url)
  auth = await createAuth([TITLE])
  platform = await startFakePlatform({ behave: always(respond(400)) })
  admin = new pg.Client({ connectionString: database.url })
  await admin.connect()
  addresses = await lastingAddresses()
  const hook = { LAUREL_CREDENTIAL_HOOK: HOOK, LAUREL_OUTBOUND_PRIVATE: '127.0.0.1' }
  const env = { ...auth.env, ...addresses, ...hook }
  server = await startServerProcess({ databaseUrl: proxy.url, env })
  prometheus = await startPrometheus([address(server)], auth.operator)
  const text = { locale: 'en', text: 'First' }
  await rpc('TitleService/CreateTitle', {
    title: { titleId: TITLE, displayName: 'Outages', defaultLocale: 'en' },
  })
  const achievement = { titleId: TITLE, achievementId: 'first', name: text, description: text }
  await rpc('AchievementService/CreateAchievement', { achievement })
})
afterAll(async () => {
  if (noPrometheus !== undefined) return
  await prometheus[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  await platform.close()
  await admin.end()
  await proxy[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

async function rpc(method: string, body: object, of: ServerProcess = server): Promise<Response> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${auth.operator}` }
  return fetch(`${of.url}/laurel.v1.${method}`, { method: 'POST', body: JSON.stringify(body), headers })
}

const unlock = (playerId: string) =>
  rpc('ProgressService/UnlockAchievement', { titleId: TITLE, playerId, achievementId: 'first' })

async function createDestination(destinationId: string, url: string, maxAttempts: number): Promise<void> {
  const destination = {
    titleId: TITLE,
    destinationId,
    dialect: 'webhook',
    credential: 'env:LAUREL_CREDENTIAL_HOOK',
    url,
    limits: { maxAttempts },
  }
  expect((await rpc('DestinationService/CreateDestination', { destination })).status).toBe(200)
}

const deleteDestination = (destinationId: string) =>
  rpc('DestinationService/DeleteDestination', { titleId: TITLE, destinationId })

/** Waits until the alert fires, or until it no longer does. */
async function untilAlert(name: string, isFiring = true): Promise<void> {
  await expect.poll(async () => (await prometheus.firing()).has(name), ALERT_POLL).toBe(isFiring)
}

const untilLogged = (text: string) => expect.poll(() => server.output(), ALERT_POLL).toContain(text)

interface Outage {
  /** As in the README. */
  readonly name: string
  readonly alert: string
  readonly line?: string
  begin(): Promise<unknown>
  end(): Promise<unknown>
}

const outages: readonly Outage[] = [
  {
    name: 'Postgres is away',
    alert: 'LaurelDatabaseUnreachable',
    line: 'the database fails or cannot be reached',
    async begin() {
      proxy.cut()
      for (let call = 0; call < 30; call += 1) await unlock(`away-${call}`)
    },
    end: async () => proxy.mend(),
  },
  {
    name: 'Postgres is a standby',
    alert: 'LaurelDatabaseReadOnly',
    line: 'the database accepts no writes, as a standby',
    async begin() {
      await setReadOnly(admin, true)
      await endConnections(admin)
      await expect
        .poll(async () => (await unlock('standby')).text(), ALERT_POLL)
        .toContain('DATABASE_READ_ONLY')
    },
    async end() {
      await setReadOnly(admin, false)
      await endConnections(admin)
    },
  },
  {
    name: 'a destination is dead',
    alert: 'LaurelDeliveriesLate',
    line: 'the circuit breaker of a destination changed',
    async begin() {
      await createDestination('dead', 'https://127.0.0.1:1/', 20)
      for (let player = 0; player < 20; player += 1) await unlock(`dead-${player}`)
    },
    end: () => deleteDestination('dead'),
  },
  {
    name: 'a destination refuses',
    alert: 'LaurelDeadLetters',
    line: 'deliveries were given up',
    async begin() {
      await createDestination('refusing', platform.url, 1)
      await unlock('refused')
    },
    end: () => deleteDestination('refusing'),
  },
  {
    name: 'more reports than it can write',
    alert: 'LaurelReportsWait',
    async begin() {
      locked = await lockTable(database.url, 'progress')
      const item = (index: number) => ({
        titleId: TITLE,
        playerId: `waits-${index}`,
        achievementId: 'first',
        percent: 100,
      })
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const items = Array.from({ length: BATCH_ITEMS }, (_, index) => item(batch * BATCH_ITEMS + index))
        void rpc('ProgressService/BatchRecordProgress', { items }).catch(() => {})
      }
    },
    end: async () => locked[Symbol.asyncDispose](),
  },
]

test.for(outages)(
  '$name: its log line is written, and its alert fires until it ends',
  async (outage, { skip }) => {
    skip(noPrometheus !== undefined, noPrometheus)
    await expect.poll(async () => (await unlock('before')).status, ALERT_POLL).toBe(200)
    await untilAlert(outage.alert, false)
    try {
      await outage.begin()
      if (outage.line !== undefined) await untilLogged(outage.line)
      await untilAlert(outage.alert)
    } finally {
      await outage.end()
    }
    await untilAlert(outage.alert, false)
  },
)

test('the disk of the database is full: its log line is written, and its alert fires until there is room', async ({
  skip,
}) => {
  skip(noPrometheus !== undefined, noPrometheus)
  await using disk = await mountSmallDisk()
  skip(disk.missing !== undefined, disk.missing)
  const env = { ...auth.env, LAUREL_DATA_DIR: join(disk.folder, 'data') }
  await using full = await startServerProcess({ env })
  await using watching = await startPrometheus([address(full)], auth.operator)
  const makeRoom = await disk.fill()
  const title = { titleId: 'full', displayName: 'x'.repeat(200), defaultLocale: 'en' }
  const write = (index: number) =>
    rpc('TitleService/CreateTitle', { title: { ...title, titleId: `full-${index}` } }, full)
  let index = 0
  await expect.poll(async () => (await write(index++)).status, ALERT_POLL).toBe(503)
  await expect.poll(() => watching.firing(), ALERT_POLL).toContain('LaurelDatabaseFull')
  expect(full.output()).toContain('the database has no room')
  await makeRoom()
  await expect.poll(() => watching.firing(), ALERT_POLL).not.toContain('LaurelDatabaseFull')
})

test('a clock is wrong: its alert fires', async ({ skip }) => {
  skip(noPrometheus !== undefined, noPrometheus)
  const ahead = 'const now = Date.now; Date.now = () => now() + 8000'
  const env = { ...auth.env, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(ahead)}` }
  await using wrong = await startServerProcess({ databaseUrl: database.url, env })
  await using watching = await startPrometheus([address(wrong)], auth.operator)
  await expect.poll(() => watching.firing(), ALERT_POLL).toContain('LaurelClockWrong')
  expect(await prometheus.firing()).not.toContain('LaurelClockWrong')
})

test('the last server is killed: its alert fires until it is started again', async ({ skip }) => {
  skip(noPrometheus !== undefined, noPrometheus)
  await untilAlert('LaurelDown', false)
  const env = { ...auth.env, ...addresses }
  await server.kill('SIGKILL')
  await untilAlert('LaurelDown')
  server = await startServerProcess({ databaseUrl: proxy.url, env })
  await untilAlert('LaurelDown', false)
})

test('each alert of the outages in the README is raised here', async () => {
  const readme = await readFile(new URL('../../src/deploy/README.md', import.meta.url), 'utf8')
  const named = new Set((readme.split('## Outages')[1] ?? '').match(/`Laurel\w+`/g) ?? [])
  const source = await readFile(new URL(import.meta.url), 'utf8')
  expect(named.size).toBeGreaterThanOrEqual(8)
  for (const name of named) expect(source).toContain(`'${name.slice(1, -1)}'`)
})
