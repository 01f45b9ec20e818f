import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import { updateTitle } from '../../src/service/titles/titles.ts'
import { BINDINGS, createBoundTitle, createKnownPlayers, idsOf } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { onDatabase } from '../support/deliveries.ts'
import { fixturesOf } from '../support/dialect-fixtures.ts'
import { adapterOf, UNCODED } from '../support/documents.ts'
import {
  always,
  type FakePlatform,
  type Received,
  respond,
  startFakePlatform,
} from '../support/fake-platform.ts'
import { TITLE_ID } from '../support/fixture.ts'
import { reportOf } from '../support/platforms.ts'
import { HOOK, HOOK_SECRET, PATIENT, record, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'

/* Configuration that changes, is rejected or is missing while deliveries are under way. */

const NEW_SECRET = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
const env = {
  LAUREL_CREDENTIAL_HOOK: HOOK_SECRET,
  LAUREL_CREDENTIAL_BOTH: `${NEW_SECRET} ${HOOK_SECRET}`,
}

let services: TestServices
let server: RunningServer
let bridge: ReturnType<typeof bridgeOn>
let folder: string
let platform: FakePlatform
let count = 0
let id = ''

beforeAll(async () => {
  services = await createTestServices()
  folder = await mkdtemp(join(tmpdir(), 'laurel-credentials-'))
  server = await startServer({
    databaseUrl: services.databaseUrl,
    env: { ...env, LAUREL_CREDENTIALS_DIR: folder },
  })
  await createBoundTitle(services, 5)
  await createKnownPlayers(services, 50)
  bridge = bridgeOn(server.address)
})
afterAll(async () => {
  bridge[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})
beforeEach(async () => {
  platform = await startFakePlatform()
  count += 1
  id = `to-${count}`
})
afterEach(async () => {
  await bridge.delete(id).catch(() => {})
  await platform.close()
})

const limits = { requestsPerSecond: 1000, timeout: PATIENT }
const create = (more: object) => bridge.create({ destinationId: id, url: platform.url, limits, ...more })

/** Returns a player without progress. */
let last = 0
function nextPlayer(): string {
  last += 1
  return `player-${last}`
}

const unlock = (playerId: string, ...numbers: readonly number[]) =>
  record(
    server.address,
    numbers.map((number) => ({ playerId, achievementId: `goal-${number}` })),
  )

const deliveries = async (more: object = {}) => (await bridge.listDeliveries(id, more)).deliveries
const delivered = async () => (await deliveries({ states: [DeliveryState.DELIVERED] })).length
const contains = (text: string) => expect.stringContaining(text)
/** Waits for a delivery that failed before anything was sent, and returns it. An attempt under way counts until it fails. */
async function untilUnsent() {
  let found: Awaited<ReturnType<typeof deliveries>>[number] | undefined
  await until(async () => {
    ;[found] = await deliveries()
    return found !== undefined && found.error !== '' && found.attempts === 0
  })
  return found
}
const untilEnqueued = (count: number) => until(async () => (await deliveries()).length === count)

test('after a rejected batch only the event that is rejected alone is a dead letter', async () => {
  const dialect = adapterOf(({ id }) => fixturesOf(id).bridge?.answersEach === false).id
  const unknown = idsOf(2)[dialect] ?? 'goal-2'
  platform.behave = (request) =>
    respond(reportOf(dialect, request).achievements.includes(unknown) ? 400 : 200)
  await create({ dialect })
  await bridge.pause(id)
  await unlock(nextPlayer(), 0, 1, 2, 3)
  await untilEnqueued(4)
  await bridge.resume(id)
  await until(async () => (await delivered()) === 3)
  await until(async () => (await deliveries({ states: [DeliveryState.DEAD] })).length === 1)
  const [dead] = await deliveries({ states: [DeliveryState.DEAD] })
  expect(dead).toMatchObject({ attempts: 1, error: 'it answered 400', event: { achievementId: 'goal-2' } })
  // One request with all, then one for each.
  expect(platform.received).toHaveLength(5)
})

test('a missing credential uses up no attempt, and the delivery goes out once it exists', async () => {
  await create({ dialect: UNCODED, credential: 'file:late' })
  await unlock(nextPlayer(), 0)
  expect(await untilUnsent()).toMatchObject({ state: DeliveryState.PENDING, error: contains('file:late') })
  await writeFile(join(folder, 'late'), 'Bot let-me-in\n')
  await until(async () => (await delivered()) === 1)
  expect((await deliveries())[0]).toMatchObject({ attempts: 1, error: '' })
  expect(platform.received.map(({ headers }) => headers.authorization)).toEqual(['Bot let-me-in'])
})

test('a credential of other titles is not used, and looks like a missing one', async () => {
  const theirs = { secret: 'Bot theirs', titles: ['elsewhere'] }
  await writeFile(join(folder, 'theirs'), JSON.stringify(theirs))
  for (const name of ['theirs', 'nothing']) {
    await create({ dialect: UNCODED, credential: `file:${name}` })
    // Neither does an update distinguish the two.
    await bridge.update({ destinationId: id, credential: 'file:nothing' })
    await bridge.update({ destinationId: id, credential: `file:${name}` })
    await unlock(nextPlayer(), 0)
    const error = `credential "file:${name}" is no file of LAUREL_CREDENTIALS_DIR, or not for title ${TITLE_ID}`
    expect(await untilUnsent()).toMatchObject({ state: DeliveryState.PENDING, error })
    expect(await bridge.test(id)).toMatchObject({ succeeded: false, request: undefined, error })
    await bridge.delete(id)
  }
  expect(platform.received).toEqual([])

  await create({ dialect: UNCODED, credential: 'file:theirs' })
  await unlock(nextPlayer(), 0)
  await untilUnsent()
  await writeFile(join(folder, 'theirs'), JSON.stringify({ ...theirs, titles: ['elsewhere', TITLE_ID] }))
  await bridge.resume(id)
  await until(async () => (await delivered()) === 1)
  expect(platform.received.map(({ headers }) => headers.authorization)).toEqual(['Bot theirs'])
})

test('a delivery waits while the title is not bound to the platform', async () => {
  await create({ dialect: UNCODED })
  const bind = (bindings: object) => {
    const patch = { bindings: bindings as never }
    const request = { titleId: TITLE_ID, patch, etag: undefined, requestId: undefined }
    return updateTitle(services, request, callOf())
  }
  const { [UNCODED]: _, ...others } = BINDINGS
  await bind(others)
  await unlock(nextPlayer(), 0)
  expect(await untilUnsent()).toMatchObject({ state: DeliveryState.PENDING })
  await bind(BINDINGS)
  await until(async () => (await delivered()) === 1)
  expect(platform.received).toHaveLength(1)
})

test('a new URL gets the events that the old one has not accepted, in order', async () => {
  await using stack = new AsyncDisposableStack()
  const other = await startFakePlatform()
  stack.defer(() => other.close())
  const goalOf = ({ body }: Received): string => JSON.parse(body).subject
  platform.behave = (request) => (goalOf(request) < 'goal-2' ? respond(200) : { kind: 'hang' })
  await create({ ...HOOK, limits: { ...limits, timeout: { seconds: 1n, nanos: 0 } } })
  await unlock(nextPlayer(), 0, 1, 2, 3, 4)
  await until(() => platform.received.some((request) => goalOf(request) === 'goal-2'))
  await bridge.update({ destinationId: id, url: other.url }, { updateMask: ['url'] })
  await until(async () => (await delivered()) === 5)
  expect(platform.applied.size).toBe(2)
  expect([...other.applied.values()].map(goalOf)).toEqual(['goal-2', 'goal-3', 'goal-4'])
})

test('a paused destination is not called, although deliveries were under way', async () => {
  const players = Array.from({ length: 20 }, nextPlayer)
  await create({ ...HOOK, limits: { ...limits, maxInFlight: 1 } })
  platform.behave = always({ kind: 'hang' })
  for (const playerId of players) await unlock(playerId, 0)
  await untilEnqueued(20)
  await until(() => platform.received.length === 1)
  await bridge.pause(id)
  platform.behave = always(respond(200))
  const leases = 'select from delivery_queues where destination_id = $1 and lease is not null'
  await until(async () => (await onDatabase(services.databaseUrl, leases, [id])).length === 0)
  // A delivery that is enqueued shows that the server has polled since.
  await unlock(nextPlayer(), 0)
  await untilEnqueued(21)
  expect(platform.received).toHaveLength(1)
  const line = `"destinationId":"${id}","msg":"a destination is paused`
  expect(server.output().split(line)).toHaveLength(2)
  await bridge.resume(id)
  await until(() => platform.applied.size === 21)
})

test('a deleted destination gets no more requests, and leaves no rows', async () => {
  await create({ ...HOOK, limits: { ...limits, maxInFlight: 2, timeout: { seconds: 1n, nanos: 0 } } })
  platform.behave = always({ kind: 'hang' })
  const playerId = nextPlayer()
  await unlock(playerId, 0, 1, 2, 3, 4)
  await until(() => platform.received.length > 0)
  await bridge.delete(id)
  const left = () =>
    onDatabase(
      services.databaseUrl,
      `select player_id from deliveries where destination_id = $1
       union all select player_id from delivery_queues where destination_id = $1`,
      [id],
    )
  await until(async () => (await left()).length === 0)
  // A delivery to another destination shows that the server has gone on.
  platform.behave = always(respond(200))
  const next = await startFakePlatform()
  const limited = { destinationId: `${id}-next`, url: next.url, limits, ...HOOK }
  await bridge.create(limited, { fromOldest: true })
  await until(() => next.applied.size > 0)
  await bridge.delete(limited.destinationId)
  await next.close()
  expect(platform.applied.size).toBe(0)
  expect(await left()).toEqual([])
})

test('during a rotation of secrets a webhook verifies with either', async () => {
  await create({ ...HOOK, credential: 'env:LAUREL_CREDENTIAL_BOTH' })
  await unlock(nextPlayer(), 0)
  await until(() => platform.applied.size === 1)
  const [{ body, headers } = { body: '', headers: {} }] = platform.received
  for (const secret of [NEW_SECRET, HOOK_SECRET]) {
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeTruthy()
  }
})
