import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adapters } from '../../../adapters/index.ts'
import { freePort } from '../../../src/embedded-postgres/port.ts'
import { ExchangeServiceClient, ListDialectsRequest } from '../../../src/gen/laurel/v1/exchange_service.ts'
import { TitleServiceClient, UpdateTitleRequest } from '../../../src/gen/laurel/v1/title_service.ts'
import type { Binding } from '../../../src/model/title.ts'
import { bridges } from '../../../src/registry.ts'
import { bridgeOn, failureOf } from '../../support/bridge.ts'
import { callUnary, createClient } from '../../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { fixturesOf } from '../../support/dialect-fixtures.ts'
import { adapterOf } from '../../support/documents.ts'
import { always, type FakePlatform, respond, startFakePlatform } from '../../support/fake-platform.ts'
import { createFixture, TITLE_ID as titleId } from '../../support/fixture.ts'
import { PATIENT } from '../../support/relay.ts'
import { type RunningServer, startServer } from '../../support/server.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const TOKEN = 'Bearer a-secret-token'
const dialect = adapterOf((adapter) => adapter.bridge !== undefined).id

let database: TestDatabase
let server: RunningServer
let platform: FakePlatform
let bridge: ReturnType<typeof bridgeOn>

beforeAll(async () => {
  database = await createTestDatabase()
  const env = { LAUREL_RELAY: 'off', LAUREL_CREDENTIAL_HOOK: SECRET, LAUREL_CREDENTIAL_LIVE: TOKEN }
  server = await startServer({ databaseUrl: database.url, env })
  bridge = bridgeOn(server.address)
  platform = await startFakePlatform()
  await createFixture(server.address, { 'first-lap': undefined })
})
afterAll(async () => {
  bridge[Symbol.dispose]()
  await platform.close()
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const limits = { timeout: PATIENT }
const hook = (destinationId: string, url = platform.url) => ({
  limits,
  destinationId,
  dialect: 'webhook',
  url,
  credential: 'env:LAUREL_CREDENTIAL_HOOK',
})

test('sends a signed event to a webhook, even if it is paused', async () => {
  const url = `${platform.url}/hook?room=1`
  await bridge.create(hook('tried', url))
  await bridge.pause('tried')
  const result = await bridge.test('tried')
  expect(result).toMatchObject({ succeeded: true, error: '', response: { status: 200 } })
  expect(result.duration).toBeDefined()
  const received = platform.received.at(-1)
  expect(received).toMatchObject({ method: 'POST', path: '/hook?room=1' })
  expect(result.request).toEqual({ method: 'POST', url, body: received?.body })
  const headers = received?.headers as Record<string, string>
  expect(new Webhook(SECRET).verify(received?.body ?? '', headers)).toMatchObject({ type: 'laurel.test' })
})

test('sends a platform a request that needs write access and changes nothing', async () => {
  using titles = createClient(TitleServiceClient, server.address)
  const bind = (binding: Binding | undefined) => {
    const ids = new Map(Object.entries(binding ?? {}))
    const bindings = new Map(binding === undefined ? [] : [[dialect, { ids }]])
    const request = UpdateTitleRequest.fromPartial({ title: { titleId, bindings }, updateMask: ['bindings'] })
    return callUnary(titles, 'updateTitle', request)
  }
  const binding = fixturesOf(dialect).binding(1)
  await bind(binding)
  const live = { dialect, credential: 'env:LAUREL_CREDENTIAL_LIVE' }
  await bridge.create({ ...hook('live', `${platform.url}/live`), ...live })
  expect(await bridge.test('live')).toMatchObject({ succeeded: true, request: { method: 'GET' } })
  expect(platform.received.at(-1)?.headers['authorization']).toBe(TOKEN)
  expect(platform.received.at(-1)?.path).toBe(
    `/live${bridges.get(dialect)?.probe({ titleId, binding }).path}`,
  )

  platform.behave = always(respond(403, { body: 'who are you?' }))
  const refused = await bridge.test('live')
  platform.behave = always(respond(200))
  expect(refused).toMatchObject({ succeeded: false, response: { status: 403, body: 'who are you?' } })
  expect(refused.error).toContain('403')

  await bind(undefined)
  expect(await failureOf(bridge.test('live'))).toMatchObject({ reason: 'TITLE_UNBOUND' })
})

test('says why nothing could be sent', async () => {
  await bridge.create({ ...hook('no-secret'), credential: 'env:LAUREL_CREDENTIAL_NONE' })
  expect(await bridge.test('no-secret')).toMatchObject({
    succeeded: false,
    request: undefined,
    response: undefined,
    error: `credential "env:LAUREL_CREDENTIAL_NONE" is not set, or not for title ${titleId}`,
  })
  await bridge.create({ ...hook('bad-secret'), credential: 'env:LAUREL_CREDENTIAL_LIVE' })
  const bad = await bridge.test('bad-secret')
  expect(bad).toMatchObject({ succeeded: false, request: undefined })
  expect(bad.error).toContain('"env:LAUREL_CREDENTIAL_LIVE"')

  const port = await freePort(undefined)
  await bridge.create(hook('away', `http://127.0.0.1:${port}`))
  const result = await bridge.test('away')
  expect(result).toMatchObject({ succeeded: false, request: undefined, response: undefined })
  expect(result.error).toContain(String(port))
})

test('waits for a destination no longer than its timeout', async () => {
  platform.behave = always({ kind: 'hang' })
  const short = { timeout: { seconds: 0n, nanos: 200_000_000 } }
  await bridge.create({ ...hook('hanging'), limits: short })
  let result = await bridge.test('hanging')
  // On a slow machine the timeout may end the connection attempt, before anything was sent.
  while (result.request === undefined) result = await bridge.test('hanging')
  platform.behave = always(respond(200))
  expect(result).toMatchObject({ succeeded: false, request: { method: 'POST' }, response: undefined })
  expect(result.error).not.toBe('')
})

test('shows no credential', async () => {
  const { destinations } = await bridge.list({})
  const results = await Promise.all(
    destinations.map(({ destinationId }) => bridge.test(destinationId).catch((error: unknown) => error)),
  )
  expect(destinations.length).toBeGreaterThan(3)
  const bigints = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
  const shown = JSON.stringify([destinations, results], bigints) + server.output()
  for (const secret of [SECRET, 'a-secret-token']) expect(shown).not.toContain(secret)
})

test('lists the dialects that have a bridge', async () => {
  using exchange = createClient(ExchangeServiceClient, server.address)
  const { dialects } = await callUnary(exchange, 'listDialects', ListDialectsRequest.fromPartial({}))
  expect(dialects.map(({ dialect, bridge }) => [dialect, bridge])).toEqual(
    adapters.map(({ id, bridge }) => [id, bridge !== undefined]),
  )
})
