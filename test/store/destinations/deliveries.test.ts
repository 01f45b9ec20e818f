import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DeliveryState } from '../../../src/gen/laurel/v1/delivery.ts'
import { ProgressState } from '../../../src/gen/laurel/v1/progress.ts'
import { bridgeOn, failureOf } from '../../support/bridge.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { type DeliveryRow, onDatabase, putDeliveries, putQueue, queueOf } from '../../support/deliveries.ts'
import { createFixture, TITLE_ID as titleId } from '../../support/fixture.ts'
import { type RunningServer, startServer } from '../../support/server.ts'

const { PENDING, WAITING_FOR_ACCOUNT, DELIVERED, SUPERSEDED, DEAD } = DeliveryState
const SECOND = 10_000_000

let database: TestDatabase
let server: RunningServer
let bridge: ReturnType<typeof bridgeOn>

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { LAUREL_RELAY: 'off' } })
  bridge = bridgeOn(server.address)
  await createFixture(server.address, { 'first-lap': undefined, marathon: 10n })
  for (const destinationId of ['hook', 'other']) {
    const url = 'https://hooks.example/'
    const credential = 'env:LAUREL_CREDENTIAL_HOOK'
    await bridge.create({ destinationId, dialect: 'webhook', url, credential })
  }
})
afterAll(async () => {
  bridge[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})
beforeEach(async () => {
  await onDatabase(database.url, 'truncate deliveries, delivery_queues')
})

const put = (...rows: readonly DeliveryRow[]) => putDeliveries(database.url, titleId, rows)
const queue = (row: Parameters<typeof putQueue>[2]) => putQueue(database.url, titleId, row)
const listed = async (more: object = {}) => {
  const { deliveries } = await bridge.listDeliveries('hook', more)
  return deliveries.map(({ event }) => Number(event?.eventId))
}
const statesOf = async (destinationId = 'hook') => {
  const { deliveries } = await bridge.listDeliveries(destinationId)
  return Object.fromEntries(deliveries.map(({ event, state }) => [Number(event?.eventId), state]))
}

describe('the deliveries of a destination', () => {
  test('are listed newest first, filtered, without bodies', async () => {
    const request = { method: 'POST', url: 'https://hooks.example/', body: 'long' }
    const response = { status: 500, body: 'long' }
    await put(
      { playerId: 'ann', eventId: 1, state: 'delivered', attempts: 1, request, response },
      { playerId: 'ann', eventId: 2, achievementId: 'marathon' },
      { playerId: 'ben', eventId: 3 },
      { playerId: 'ann', eventId: 4, state: 'dead', error: 'it answered 500', request, response },
      { playerId: 'ann', eventId: 5, destinationId: 'other' },
    )
    await queue({ playerId: 'ann', dueTime: 70n * BigInt(SECOND) })
    await queue({ playerId: 'ben', waiting: true })
    expect(await listed()).toEqual([4, 3, 2, 1])
    expect(await listed({ playerId: 'ann' })).toEqual([4, 2, 1])
    expect(await listed({ achievementId: 'marathon' })).toEqual([2])
    expect(await listed({ states: [PENDING] })).toEqual([2])
    expect(await listed({ states: [WAITING_FOR_ACCOUNT] })).toEqual([3])
    expect(await listed({ states: [PENDING, WAITING_FOR_ACCOUNT, DEAD] })).toEqual([4, 3, 2])
    expect(await listed({ states: [DEAD] })).toEqual([4])
    expect(await failureOf(listed({ states: [0] }))).toMatchObject({ code: status.INVALID_ARGUMENT })

    const { deliveries } = await bridge.listDeliveries('hook')
    const [dead, waiting, pending, delivered] = deliveries
    expect(dead).toMatchObject({ state: DEAD, error: 'it answered 500', request: { ...request, body: '' } })
    expect(dead?.response).toEqual({ status: 500, body: '' })
    expect(waiting).toMatchObject({ state: WAITING_FOR_ACCOUNT, nextAttemptTime: undefined })
    expect(pending).toMatchObject({ request: undefined, nextAttemptTime: { seconds: 70n, nanos: 0 } })
    expect(delivered).toMatchObject({ state: DELIVERED, attempts: 1, nextAttemptTime: undefined })
  })

  test('are listed page by page, each once', async () => {
    await put(
      ...Array.from({ length: 25 }, (_, index) => ({ playerId: `p${index % 3}`, eventId: index + 1 })),
    )
    const ids: number[] = []
    let pageToken = ''
    do {
      const page = await bridge.listDeliveries('hook', { pageSize: 10, pageToken })
      ids.push(...page.deliveries.map(({ event }) => Number(event?.eventId)))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(ids).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index))
    const { nextPageToken } = await bridge.listDeliveries('hook', { pageSize: 10 })
    const elsewhere = bridge.listDeliveries('hook', { pageToken: nextPageToken, playerId: 'p1' })
    expect(await failureOf(elsewhere)).toMatchObject({ reason: 'PAGE_TOKEN_INVALID' })
  })

  test('are returned with request and response', async () => {
    const request = { method: 'PUT', url: 'https://x.example/a', body: '{"a":"é"}' }
    const response = { status: 400, body: 'no' }
    await put({ playerId: 'ann', eventId: 7, state: 'dead', attempts: 12, error: 'why', request, response })
    expect(await bridge.getDelivery('hook', '7')).toMatchObject({
      titleId,
      destinationId: 'hook',
      event: { eventId: '7', playerId: 'ann', achievementId: 'first-lap', percent: 50, actor: 'tester' },
      state: DEAD,
      attempts: 12,
      error: 'why',
      request,
      response,
    })
    const { event } = await bridge.getDelivery('hook', '7')
    expect(event?.state).toBe(ProgressState.IN_PROGRESS)
  })

  test('are missing with another error than their destination', async () => {
    expect(await failureOf(bridge.getDelivery('hook', '1'))).toMatchObject({ reason: 'DELIVERY_NOT_FOUND' })
    expect(await failureOf(bridge.replay('other', '1'))).toMatchObject({ reason: 'DELIVERY_NOT_FOUND' })
    for (const call of [bridge.getDelivery, bridge.replay]) {
      expect(await failureOf(call('none', '1'))).toMatchObject({ reason: 'DESTINATION_NOT_FOUND' })
      for (const eventId of ['', '0', '-1', '1.5', '0x1', '9223372036854775808']) {
        expect(await failureOf(call('hook', eventId))).toMatchObject({ reason: 'INVALID_FIELD' })
      }
    }
    for (const call of [bridge.listDeliveries, bridge.replayMany]) {
      expect(await failureOf(call('none'))).toMatchObject({ reason: 'DESTINATION_NOT_FOUND' })
    }
  })
})

test('the health of a destination has counts by state, the oldest waiting delivery and the last error', async () => {
  expect(await bridge.health('hook')).toMatchObject({
    counts: [],
    oldestPendingTime: undefined,
    lastError: '',
  })
  await put(
    { playerId: 'ann', eventId: 1, state: 'delivered' },
    { playerId: 'ann', eventId: 2, error: 'it answered 503' },
    { playerId: 'ben', eventId: 3 },
    { playerId: 'ann', eventId: 4, state: 'dead', error: 'it answered 500' },
    { playerId: 'ann', eventId: 5, destinationId: 'other' },
    { playerId: 'cleo', eventId: 6, state: 'superseded' },
  )
  await queue({ playerId: 'ben', waiting: true })
  await queue({ playerId: 'ann' })
  await onDatabase(
    database.url,
    'update deliveries set create_time = event_id, attempt_time = event_id * $1',
    [SECOND],
  )
  expect(await bridge.health('hook')).toMatchObject({
    destination: { destinationId: 'hook', paused: false },
    counts: [
      { state: PENDING, count: 1 },
      { state: WAITING_FOR_ACCOUNT, count: 1 },
      { state: DELIVERED, count: 1 },
      { state: SUPERSEDED, count: 1 },
      { state: DEAD, count: 1 },
    ],
    oldestPendingTime: { seconds: 0n, nanos: 200 },
    lastError: 'it answered 500',
    lastErrorTime: { seconds: 4n },
    deliveredLastHour: 0,
  })
  await onDatabase(
    database.url,
    `update deliveries set attempt_time = extract(epoch from now() - interval '59 minutes') * 10000000 where state = 'delivered'`,
  )
  expect(await bridge.health('hook')).toMatchObject({ deliveredLastHour: 1 })
  expect(await failureOf(bridge.health('none'))).toMatchObject({ code: status.NOT_FOUND })
})

describe('a replay', () => {
  test('makes a dead letter pending, unattempted and due', async () => {
    const request = { method: 'POST', url: 'https://hooks.example/', body: 'x' }
    await put({ playerId: 'ann', eventId: 1, state: 'dead', attempts: 12, error: 'why', request })
    expect(await bridge.replay('hook', '1')).toMatchObject({
      state: PENDING,
      attempts: 0,
      error: '',
      request,
    })
    const due = await queueOf(database.url, 'ann')
    expect(due).toMatchObject({ waiting: false, failures: 0, lease: null })
    expect((due?.clock ?? 0n) - (due?.dueTime ?? 0n)).toBeGreaterThanOrEqual(0n)
    expect(due?.dueTime).toBeGreaterThan(BigInt(SECOND))
  })

  test('makes a queue due, and changes the due time of a leased queue', async () => {
    const later = 10n ** 18n
    await put(
      { playerId: 'ann', eventId: 1, state: 'delivered' },
      { playerId: 'ben', eventId: 2, state: 'unsupported' },
    )
    await queue({ playerId: 'ann', dueTime: later, failures: 5 })
    await queue({ playerId: 'ben', dueTime: later, lease: 'other' })
    expect((await bridge.replay('hook', '1')).state).toBe(PENDING)
    expect((await bridge.replay('hook', '2')).state).toBe(PENDING)
    const [ann, ben] = [await queueOf(database.url, 'ann'), await queueOf(database.url, 'ben')]
    expect(ann?.dueTime).toBeLessThanOrEqual(ann?.clock ?? 0n)
    expect(ann?.failures).toBe(0)
    expect(ben).toMatchObject({ dueTime: later - 1n, lease: 'other' })
  })

  test('does not change a pending or superseded delivery', async () => {
    await put(
      { playerId: 'ann', eventId: 1, state: 'superseded' },
      { playerId: 'ann', eventId: 2, attempts: 3 },
    )
    await queue({ playerId: 'ann', dueTime: 5n })
    expect(await bridge.replay('hook', '1')).toMatchObject({ state: SUPERSEDED })
    expect(await bridge.replay('hook', '2')).toMatchObject({ state: PENDING, attempts: 3 })
    expect((await queueOf(database.url, 'ann'))?.dueTime).toBe(5n)
  })

  test('of many replays the matching deliveries, and returns their number', async () => {
    const rows = Array.from({ length: 1_203 }, (_, index) => ({
      playerId: `p${index % 5}`,
      eventId: index + 1,
      state: index % 2 === 0 ? 'dead' : 'delivered',
      time: index * SECOND,
    }))
    await put(...rows, { playerId: 'p0', eventId: 2_000, state: 'dead', destinationId: 'other' })
    const between = { startTime: { seconds: 10n, nanos: 0 }, endTime: { seconds: 14n, nanos: 0 } }
    expect(await bridge.replayMany('hook', { ...between, states: [DELIVERED] })).toBe(2n)
    expect(await bridge.replayMany('hook', { playerId: 'p1', ...between })).toBe(0n)
    expect(await bridge.replayMany('hook', { playerId: 'p0', ...between })).toBe(1n)
    expect(await bridge.replayMany('hook')).toBe(601n)
    expect(await bridge.replayMany('hook')).toBe(0n)
    const { deliveries } = await bridge.listDeliveries('hook', { states: [PENDING], pageSize: 1000 })
    expect(deliveries).toHaveLength(604)
    expect(await statesOf('other')).toEqual({ 2000: DEAD })
    for (const playerId of ['p0', 'p4']) expect(await queueOf(database.url, playerId)).toBeDefined()
  })

  test.each([PENDING, WAITING_FOR_ACCOUNT, SUPERSEDED, 0])('rejects the state %i', async (state) => {
    const { code, details } = await failureOf(bridge.replayMany('hook', { states: [DEAD, state] }))
    expect(code).toBe(status.INVALID_ARGUMENT)
    expect(details).toContain('states[1] must be one of DELIVERED, UNSUPPORTED, DEAD')
  })
})

test('lists the state of each achievement of a player in each destination', async () => {
  await put(
    { playerId: 'ann', eventId: 1, state: 'delivered' },
    { playerId: 'ann', eventId: 2, state: 'superseded' },
    { playerId: 'ann', eventId: 3, kind: 'unlocked', error: 'it answered 503' },
    { playerId: 'ann', eventId: 3, kind: 'unlocked', destinationId: 'other', state: 'delivered' },
    { playerId: 'ann', eventId: 4, achievementId: 'marathon', destinationId: 'other', state: 'dead' },
    { playerId: 'ben', eventId: 5, state: 'delivered' },
  )
  await queue({ playerId: 'ann', dueTime: 20n * BigInt(SECOND) })
  const found = await bridge.ofAchievements('ann')
  const short = found.map((each) => [
    each.achievementId,
    each.destinationId,
    each.state,
    each.delivered?.eventId,
    each.newest?.eventId,
  ])
  expect(short).toEqual([
    ['first-lap', 'hook', PENDING, '1', '3'],
    ['first-lap', 'other', DELIVERED, '3', '3'],
    ['marathon', 'other', DEAD, undefined, '4'],
  ])
  expect(found[0]).toMatchObject({
    dialect: 'webhook',
    error: 'it answered 503',
    nextAttemptTime: { seconds: 20n, nanos: 0 },
  })
  expect(await bridge.ofAchievements('ann', { achievementId: 'marathon' })).toEqual([found[2]])
  expect(await bridge.ofAchievements('absent')).toEqual([])
  const nowhere = bridge.ofAchievements('ann', { titleId: 'nowhere' })
  expect(await failureOf(nowhere)).toMatchObject({ reason: 'TITLE_NOT_FOUND' })
})
