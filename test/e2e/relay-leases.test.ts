import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { bridgeOn } from '../support/bridge.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { createFixture } from '../support/fixture.ts'
import { HOOK, HOOK_SECRET, record, until } from '../support/relay.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

/* Servers that die or stall while they hold leases of deliveries. */

let database: TestDatabase
let lasting: ServerProcess
let platform: FakePlatform
let count = 0
let destinationId = ''

const env = { LAUREL_RELAY_LEASE_SECONDS: '2', LAUREL_CREDENTIAL_HOOK: HOOK_SECRET }
const start = (more: object = {}) =>
  startServerProcess({ databaseUrl: database.url, env: { ...env, ...more } })
const timeout = { seconds: 1n, nanos: 0 }
const goals = ['goal-0', 'goal-1', 'goal-2', 'goal-3', 'goal-4']

beforeAll(async () => {
  database = await createTestDatabase()
  // This server records reports, and delivers nothing.
  lasting = await start({ LAUREL_RELAY: 'off' })
  await createFixture(lasting.address, Object.fromEntries(goals.map((goal) => [goal, undefined])))
})
afterAll(async () => {
  await lasting[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})
beforeEach(async () => {
  platform = await startFakePlatform()
  count += 1
  destinationId = `hook-${count}`
  using bridge = bridgeOn(lasting.address)
  const limits = { requestsPerSecond: 1000, maxAttempts: 100, timeout }
  await bridge.create({ destinationId, url: platform.url, limits, ...HOOK })
})
afterEach(async () => {
  using bridge = bridgeOn(lasting.address)
  await bridge.delete(destinationId)
  await platform.close()
})

const unlock = (playerId: string, from: number, to: number) =>
  record(
    lasting.address,
    goals.slice(from, to).map((achievementId) => ({ playerId, achievementId })),
  )

/** Returns the achievements of a player that the platform applied, in order. */
function applied(playerId: string): readonly string[] {
  const data = [...platform.applied.values()].map(({ body }) => JSON.parse(body).data)
  return data.filter(({ player_id }) => player_id === playerId).map(({ achievement_id }) => achievement_id)
}

const isAllDelivered = async () => {
  const left = await onDatabase(
    database.url,
    `select player_id from deliveries where destination_id = $1 and state <> 'delivered'
     union all select player_id from delivery_queues where destination_id = $1`,
    [destinationId],
  )
  return left.length === 0
}

test('deliveries of a killed server are sent by another when the lease ends', async () => {
  const players = Array.from({ length: 40 }, (_, index) => `${destinationId}-${index}`)
  platform.behave = always({ kind: 'hang' })
  const dying = await start()
  for (const playerId of players) await unlock(playerId, 0, 5)
  await until(() => platform.received.length >= 8)
  await dying.kill('SIGKILL')
  platform.behave = always(respond(200))
  await using _other = await start()
  await until(isAllDelivered)
  for (const playerId of players) expect(applied(playerId)).toEqual(goals)
  expect(platform.applied.size).toBe(200)
})

test('a server that stalls past its lease and continues sends nothing out of order', async () => {
  const playerId = `silent-${destinationId}`
  await using silent = await start()
  // The server is stopped while it waits for a response, which is there when it continues.
  let requests = 0
  platform.behave = () => {
    requests += 1
    if (requests === 1) silent.process.kill('SIGSTOP')
    return respond(200)
  }
  await unlock(playerId, 0, 3)
  await until(() => requests === 1)
  await using _other = await start()
  await until(async () => applied(playerId).length === 3 && (await isAllDelivered()))
  await unlock(playerId, 3, 4)
  await until(async () => applied(playerId).length === 4 && (await isAllDelivered()))
  const before = platform.received.length
  const known = new Set(platform.applied.keys())
  silent.process.kill('SIGCONT')
  await unlock(playerId, 4, 5)
  await until(async () => applied(playerId).length === 5 && (await isAllDelivered()))
  expect(applied(playerId)).toEqual(goals)
  // Since then only the last event was sent, perhaps twice, and none that the other server had sent.
  const since = platform.received.slice(before).map(({ key }) => known.has(key ?? ''))
  expect(new Set(since)).toEqual(new Set([false]))
})
