import { inspect } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import { createBoundTitle, createKnownPlayers } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { onDatabase } from '../support/deliveries.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { adapterOf } from '../support/documents.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../support/fake-platform.ts'
import { speaking } from '../support/platforms.ts'
import { HOOK, HOOK_SECRET, PATIENT, record, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { createTestServices, type TestServices } from '../support/services.ts'

/* Responses of destinations are stored and shown: hostile ones must do no harm. */

const TOKEN = 'Bearer an"odd/long-secret-token'

let services: TestServices
let server: RunningServer
let platform: FakePlatform
let bridge: ReturnType<typeof bridgeOn>

beforeAll(async () => {
  services = await createTestServices()
  const env = { LAUREL_CREDENTIAL_HOOK: HOOK_SECRET, LAUREL_CREDENTIAL_PLATFORM: TOKEN }
  server = await startServer({
    databaseUrl: services.databaseUrl,
    env: { ...env, LAUREL_LOG_LEVEL: 'trace' },
  })
  bridge = bridgeOn(server.address)
  platform = await startFakePlatform()
  await createBoundTitle(services, 15)
  await createKnownPlayers(services, 2)
})
afterAll(async () => {
  bridge[Symbol.dispose]()
  await platform.close()
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

/** A platform that answers for each achievement of a request. */
const dialect = adapterOf(({ id }) => fixturesOf(id).bridge?.respondTo !== undefined).id

const destinationOf = (destinationId: string) => ({
  destinationId,
  dialect,
  url: platform.url,
  credential: 'env:LAUREL_CREDENTIAL_PLATFORM',
  limits: { maxAttempts: 1, requestsPerSecond: 1000, timeout: PATIENT },
})
const deadOf = async (destinationId: string) => {
  const { deliveries } = await bridge.listDeliveries(destinationId, { states: [DeliveryState.DEAD] })
  return deliveries
}
const goalsOf = (playerId: string, count: number) =>
  Array.from({ length: count }, (_, number) => ({ playerId, achievementId: `goal-${number}` }))

test.each([
  ['U+0000', 'no\u0000thing'],
  ['half a surrogate pair', `${'x'.repeat(199)}\u{1f600}`],
])('an error text with %s is stored', async (_, errorMessage) => {
  const goals = goalsOf('player-0', 2)
  const errorOf = (id: string) => (id === 'goal-0' ? undefined : errorMessage)
  platform.behave = speaking(dialect, always(respond(200)), errorOf)
  const destinationId = `odd-${errorMessage.length}`
  await bridge.create(destinationOf(destinationId), { fromOldest: true })
  await record(server.address, goals)
  await until(async () => (await deadOf(destinationId)).length === 1)
  const [dead] = await deadOf(destinationId)
  expect(dead?.error).toMatch(/^it answered 404: /)
  expect(dead?.error.isWellFormed()).toBe(true)
})

test('a credential that a response repeats is stored nowhere', async () => {
  const parts = ['secret', 'is', TOKEN, TOKEN.slice('Bearer '.length), encodeURIComponent(TOKEN)]
  platform.behave = ({ headers }) =>
    respond(400, { body: JSON.stringify({ headers, parts }).replaceAll('/', '\\/') + parts.join('\n') })
  await bridge.create(destinationOf('echo'), { fromOldest: true })
  await record(server.address, goalsOf('player-1', 1))
  await until(async () => (await deadOf('echo')).some(({ event }) => event?.playerId === 'player-1'))
  const [dead] = await deadOf('echo')
  const whole = await bridge.getDelivery('echo', dead?.event?.eventId ?? '')
  expect(whole.response?.body).toContain('[credential]')
  const tried = await bridge.test('echo')
  expect(tried.response?.body).toContain('[credential]')
  const rows = await onDatabase(services.databaseUrl, 'select d::text from deliveries d')
  const shown = [whole, tried, rows, server.output()].map((each) => inspect(each, { depth: 9 })).join()
  for (const part of ['long-secret-token', 'long-secret']) expect(shown).not.toContain(part)
})

test('only the beginning of a long response is stored', async () => {
  platform.behave = always(respond(200, { body: 'é'.repeat(60_000) }))
  const filter = { playerIds: ['player-1'] }
  await bridge.create({ ...destinationOf('long'), ...HOOK, filter }, { fromOldest: true })
  await until(async () => {
    const { deliveries } = await bridge.listDeliveries('long')
    return deliveries[0]?.state === DeliveryState.DELIVERED
  })
  const [first] = (await bridge.listDeliveries('long')).deliveries
  const { response } = await bridge.getDelivery('long', first?.event?.eventId ?? '')
  expect(response?.body).toBe('é'.repeat(4 * 1024))
})

test('the rate limit holds for a player with many deliveries', async () => {
  platform.behave = always(respond(204))
  const before = platform.received.length
  await record(server.address, goalsOf('busy', 15))
  const begun = performance.now()
  const hook = { ...destinationOf('slow'), ...HOOK, filter: { playerIds: ['busy'] } }
  await bridge.create({ ...hook, limits: { requestsPerSecond: 5, timeout: PATIENT } }, { fromOldest: true })
  await until(async () => {
    const { deliveries } = await bridge.listDeliveries('slow', { states: [DeliveryState.DELIVERED] })
    return deliveries.length === 15
  })
  // Five or six go out at once, and the others take two seconds or more.
  expect(performance.now() - begun).toBeGreaterThan(1_600)
  const bodies = platform.received.slice(before).map(({ body }) => JSON.parse(body))
  const ids = bodies.filter(({ data }) => data.player_id === 'busy').map(({ id }) => BigInt(id))
  expect(ids).toEqual([...ids].sort((left, right) => (left < right ? -1 : 1)))
})

test('a URL that is no longer allowed is the error of each delivery', async () => {
  const filter = { playerIds: ['player-1'] }
  await bridge.create({ ...destinationOf('moved'), ...HOOK, filter })
  await bridge.pause('moved')
  await record(server.address, [{ playerId: 'player-1', achievementId: 'goal-1' }])
  await onDatabase(
    services.databaseUrl,
    `update destinations set url = 'https://10.1.2.3/' where id = 'moved'`,
  )
  await bridge.resume('moved')
  await until(async () => (await bridge.listDeliveries('moved')).deliveries.some(({ error }) => error !== ''))
  const { deliveries } = await bridge.listDeliveries('moved')
  expect(deliveries[0]?.error).toMatch(/10\.1\.2\.3 .* private/)
})
