import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import { bridgeOn } from '../support/bridge.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { always, type FakePlatform, respond, script, startFakePlatform } from '../support/fake-platform.ts'
import { createFixture } from '../support/fixture.ts'
import { HOOK, HOOK_SECRET, PATIENT, record, until } from '../support/relay.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

let database: TestDatabase
let server: ServerProcess
let platform: FakePlatform
let count = 0
let destinationId = ''

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServerProcess({
    databaseUrl: database.url,
    env: { LAUREL_CREDENTIAL_HOOK: HOOK_SECRET },
  })
  await createFixture(server.address, { marathon: 100n, plain: undefined })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})
beforeEach(async () => {
  platform = await startFakePlatform()
  count += 1
  destinationId = `hook-${count}`
})
afterEach(async () => {
  using bridge = bridgeOn(server.address)
  await bridge.delete(destinationId).catch(() => {})
  await platform.close()
})

const limits = { requestsPerSecond: 1000, timeout: PATIENT }

async function createHook(more: object = {}) {
  using bridge = bridgeOn(server.address)
  return await bridge.create({ destinationId, url: `${platform.url}/hook`, limits, ...HOOK, ...more })
}

const bodies = () => platform.received.map(({ body }) => JSON.parse(body))

test('an event is sent with a signature, and stored as delivered', async () => {
  await createHook()
  await record(server.address, [{ playerId: 'ann', achievementId: 'plain' }])
  await until(() => platform.received.length > 0)
  const [received] = platform.received
  const headers = received?.headers as Record<string, string>
  const event = new Webhook(HOOK_SECRET).verify(received?.body ?? '', headers) as { data: object }
  expect(event).toMatchObject({ type: 'laurel.achievement.unlocked', subject: 'plain' })
  expect(event.data).toMatchObject({ player_id: 'ann', percent: 100, state: 'achieved' })
  using bridge = bridgeOn(server.address)
  await until(async () => (await bridge.listDeliveries(destinationId)).deliveries[0]?.response !== undefined)
  const { deliveries } = await bridge.listDeliveries(destinationId)
  expect(deliveries).toMatchObject([{ state: DeliveryState.DELIVERED, attempts: 1, error: '' }])
  const whole = await bridge.getDelivery(destinationId, deliveries[0]?.event?.eventId ?? '')
  expect(whole.request).toMatchObject({ method: 'POST', url: `${platform.url}/hook`, body: received?.body })
  expect(whole.idempotencyKey).toBe(received?.headers['idempotency-key'])
})

test('a failed request is retried under the same idempotency key until it succeeds', async () => {
  platform.behave = script(respond(500), respond(503), { kind: 'drop' }, respond(204))
  await createHook()
  await record(server.address, [{ playerId: 'bob', achievementId: 'plain' }])
  await until(() => platform.received.length >= 4)
  expect(new Set(platform.received.map(({ key }) => key)).size).toBe(1)
  expect(platform.applied.size).toBe(1)
  using bridge = bridgeOn(server.address)
  await until(async () => {
    const [delivery] = (await bridge.listDeliveries(destinationId)).deliveries
    return delivery?.state === DeliveryState.DELIVERED
  })
  const { deliveries } = await bridge.listDeliveries(destinationId)
  expect(deliveries).toMatchObject([{ attempts: 4, error: '' }])
})

test('a delivery without attempts left is a dead letter, can be read, and goes out when it is replayed', async () => {
  platform.behave = always(respond(500, { body: 'out of order' }))
  await createHook({ limits: { ...limits, maxAttempts: 2 } })
  await record(server.address, [{ playerId: 'carla', achievementId: 'plain' }])
  using bridge = bridgeOn(server.address)
  const states = [DeliveryState.DEAD]
  await until(async () => (await bridge.listDeliveries(destinationId, { states })).deliveries.length > 0)
  const [dead] = (await bridge.listDeliveries(destinationId, { states })).deliveries
  const letter = await bridge.getDelivery(destinationId, dead?.event?.eventId ?? '')
  expect(letter).toMatchObject({ attempts: 2, response: { status: 500, body: 'out of order' } })
  expect(letter.error).toContain('500')
  platform.behave = always(respond(200))
  await bridge.replay(destinationId, letter.event?.eventId ?? '')
  await until(async () => {
    const now = await bridge.getDelivery(destinationId, letter.event?.eventId ?? '')
    return now.state === DeliveryState.DELIVERED
  })
  expect(new Set(platform.received.map(({ key }) => key)).size).toBe(1)
})

test('events of one player arrive in order, although requests fail', async () => {
  let calls = 0
  platform.behave = () => {
    calls += 1
    return calls % 3 === 0 ? respond(500) : respond(200)
  }
  await createHook({ filter: { playerIds: ['dora'] } })
  using bridge = bridgeOn(server.address)
  for (let value = 10; value <= 100; value += 10) {
    await record(server.address, [{ playerId: 'dora', achievementId: 'marathon', value }])
    await until(async () => bodies().some(({ data }) => data.percent >= value))
  }
  await until(() => [...platform.applied.values()].length === 10)
  const percents = [...platform.applied.values()].map(({ body }) => JSON.parse(body).data.percent)
  expect(percents).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100])
  await until(async () => (await bridge.ofAchievements('dora'))[0]?.state === DeliveryState.DELIVERED)
})

test('pending progress is superseded by newer progress, and an unlock never is', async () => {
  await createHook({ filter: { playerIds: ['erik'] } })
  using bridge = bridgeOn(server.address)
  await bridge.pause(destinationId)
  for (const value of [10, 20, 30]) {
    await record(server.address, [{ playerId: 'erik', achievementId: 'marathon', value }])
    await until(async () => {
      const { deliveries } = await bridge.listDeliveries(destinationId)
      return deliveries[0]?.event?.percent === value
    })
  }
  await record(server.address, [{ playerId: 'erik', achievementId: 'marathon', value: 100 }])
  await record(server.address, [{ playerId: 'erik', achievementId: 'plain' }])
  await until(async () => (await bridge.listDeliveries(destinationId)).deliveries.length === 5)
  expect(platform.received).toEqual([])
  await bridge.resume(destinationId)
  await until(() => platform.received.length === 2)
  expect(bodies().map(({ type, subject }) => [type, subject])).toEqual([
    ['laurel.achievement.unlocked', 'marathon'],
    ['laurel.achievement.unlocked', 'plain'],
  ])
  const states = [DeliveryState.SUPERSEDED]
  expect((await bridge.listDeliveries(destinationId, { states })).deliveries).toHaveLength(3)
})

test('retry-after delays all requests to the destination', async () => {
  const responses = script(respond(429, { headers: { 'retry-after': '2' } }), respond(200))
  const times: number[] = []
  platform.behave = (request, index) => {
    times.push(performance.now())
    return responses(request, index)
  }
  await createHook()
  await record(server.address, [{ playerId: 'fred', achievementId: 'plain' }])
  using bridge = bridgeOn(server.address)
  const error = async () => (await bridge.listDeliveries(destinationId)).deliveries[0]?.error ?? ''
  await until(async () => platform.applied.size > 0 || (await error()) !== '')
  await record(server.address, [{ playerId: 'gina', achievementId: 'plain' }])
  await until(() => platform.applied.size === 2)
  const [first = 0, second = 0] = times
  expect(second - first).toBeGreaterThan(1_900)
})

test('a long retry-after shows at the destination and the delivery, and resuming ends it', async () => {
  platform.behave = script(respond(429, { headers: { 'retry-after': '3600' } }), respond(200))
  await createHook()
  using bridge = bridgeOn(server.address)
  const waitEnd = async () => Number((await bridge.get(destinationId)).waitEndTime?.seconds ?? 0)
  expect(await waitEnd()).toBe(0)
  const start = Date.now() / 1000
  await record(server.address, [{ playerId: 'harriet', achievementId: 'plain' }])
  await until(async () => (await waitEnd()) > 0)
  expect(await waitEnd()).toBeLessThanOrEqual(Date.now() / 1000 + 61)
  const { deliveries } = await bridge.listDeliveries(destinationId)
  expect(deliveries[0]?.error).toContain('the destination asks to wait 3600 s')
  expect(Number(deliveries[0]?.nextAttemptTime?.seconds)).toBeGreaterThan(start + 3500)
  await until(() => server.output().includes('a destination asks not to be called'))
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text()
  expect(await metrics()).toMatch(/^laurel_destinations_waiting\S* 1$/m)
  await record(server.address, [{ playerId: 'ian', achievementId: 'plain' }])
  await bridge.resume(destinationId)
  expect(await waitEnd()).toBe(0)
  await until(() => platform.applied.size === 2)
})

test('a rate limit is kept', async () => {
  await createHook({ limits: { ...limits, requestsPerSecond: 5 } })
  const begun = performance.now()
  const players = Array.from({ length: 15 }, (_, index) => `rate-${index}`)
  await record(
    server.address,
    players.map((playerId) => ({ playerId, achievementId: 'plain' })),
  )
  await until(() => platform.applied.size === 15)
  // Five go out at once, and the other ten take two seconds or more.
  expect(performance.now() - begun).toBeGreaterThan(1_900)
})

test('an outage makes no dead letters, and an updated destination is called at once', async () => {
  platform.behave = always(respond(503))
  await createHook({ limits: { ...limits, maxAttempts: 6 } })
  await record(server.address, [{ playerId: 'hugo', achievementId: 'plain' }])
  // Five failures open the circuit. The probe after them would be the last attempt, and is not counted.
  await until(() => platform.received.length >= 6)
  using bridge = bridgeOn(server.address)
  const delivery = async () => (await bridge.listDeliveries(destinationId)).deliveries[0]
  await until(async () => (await delivery())?.attempts === 5)
  expect(await delivery()).toMatchObject({ state: DeliveryState.PENDING })
  platform.behave = always(respond(200))
  const limitsNow = { ...limits, requestsPerSecond: 999 }
  await bridge.update({ destinationId, limits: limitsNow }, { updateMask: ['limits'] })
  await until(() => platform.applied.size === 1)
})
