import { type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EventKind } from '../../../src/gen/laurel/v1/event.ts'
import { DeleteTitleRequest, TitleServiceClient } from '../../../src/gen/laurel/v1/title_service.ts'
import { bridgeOn, failureOf } from '../../support/bridge.ts'
import { callUnary, createClient } from '../../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { onDatabase, putDeliveries, putQueue } from '../../support/deliveries.ts'
import { adapterOf } from '../../support/documents.ts'
import { createFixture, TITLE_ID as titleId } from '../../support/fixture.ts'
import { type RunningServer, startServer } from '../../support/server.ts'

const BRIDGED = adapterOf((adapter) => adapter.bridge !== undefined).id

let database: TestDatabase
let server: RunningServer
let bridge: ReturnType<typeof bridgeOn>

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url, env: { LAUREL_RELAY: 'off' } })
  bridge = bridgeOn(server.address)
  await createFixture(server.address, { 'first-lap': undefined })
})
afterAll(async () => {
  bridge[Symbol.dispose]()
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const hook = (destinationId: string) => ({
  destinationId,
  dialect: 'webhook',
  url: 'https://hooks.example/laurel?room=1',
  credential: 'env:LAUREL_CREDENTIAL_HOOK',
})

describe('a destination', () => {
  test('is stored as created, with defaults for unset fields', async () => {
    const made = await bridge.create(hook('plain'))
    expect(made).toMatchObject({
      ...hook('plain'),
      titleId,
      displayName: '',
      filter: { kinds: [], achievementIds: [], playerIds: [] },
      limits: {
        requestsPerSecond: 10,
        maxInFlight: 8,
        maxAttempts: 12,
        timeout: { seconds: 10n, nanos: 0 },
      },
      paused: false,
    })
    expect(made.etag).not.toBe('')
    expect(await bridge.get('plain')).toEqual(made)
  })

  test('keeps all fields', async () => {
    const timeout = { seconds: 0n, nanos: 100_000_000 }
    const parts = {
      ...hook('full'),
      displayName: 'Ours',
      limits: { requestsPerSecond: 0.5, maxInFlight: 256, maxAttempts: 1, timeout },
    }
    const filter = { achievementIds: ['a'], playerIds: ['__proto__'] }
    const kinds = [EventKind.UNLOCKED, EventKind.UNLOCKED]
    const made = await bridge.create({ ...parts, filter: { ...filter, kinds } })
    expect(made).toMatchObject({ ...parts, filter: { ...filter, kinds: [EventKind.UNLOCKED] } })
    expect(await bridge.get('full')).toEqual(made)
  })

  test('is created once, and the same request id returns the first response', async () => {
    const first = await bridge.create(hook('once'), { requestId: 'make-once' })
    expect(await bridge.create(hook('once'), { requestId: 'make-once' })).toEqual(first)
    expect(await failureOf(bridge.create(hook('once')))).toMatchObject({
      code: status.ALREADY_EXISTS,
      reason: 'DESTINATION_EXISTS',
    })
  })

  const timeout = { seconds: 61n, nanos: 0 }
  test.each([
    [{}, ['destination_id', 'dialect', 'url']],
    [
      { ...hook('x'), limits: { requestsPerSecond: -1, maxInFlight: 257, maxAttempts: 101, timeout } },
      ['limits.requests_per_second', 'limits.max_in_flight', 'limits.max_attempts', 'limits.timeout'],
    ],
    [{ ...hook('x'), limits: { requestsPerSecond: Number.NaN } }, ['limits.requests_per_second']],
    [
      { ...hook('x'), filter: { kinds: [0], playerIds: Array.from({ length: 1001 }, () => 'x') } },
      ['filter.kinds[0]', 'filter.player_ids'],
    ],
    [{ ...hook('x'), dialect: 'playstation', url: 'http://10.1.2.3/', credential: 'x' }, ['dialect', 'url']],
    [{ ...hook('x'), url: 'http://hooks.example/' }, ['url']],
    [{ ...hook('x'), credential: '' }, ['credential']],
    [{ ...hook('x'), credential: 'env:DATABASE_URL' }, ['credential']],
    [{ ...hook('x'), credential: 'file:../secret' }, ['credential']],
  ])('is rejected with all invalid fields at once: %#', async (parts, fields) => {
    const { code, details } = await failureOf(bridge.create(parts))
    expect(code).toBe(status.INVALID_ARGUMENT)
    for (const field of fields) expect(details).toContain(`destination.${field} must`)
  })

  test('is rejected in a private network', async () => {
    const { details } = await failureOf(bridge.create({ ...hook('x'), url: 'https://10.1.2.3/' }))
    expect(details).toContain('destination.url has a private')
  })

  test('of a platform requires a binding of the title', async () => {
    const live = { ...hook('live'), dialect: BRIDGED, credential: '' }
    const unbound = { code: status.FAILED_PRECONDITION, reason: 'TITLE_UNBOUND' }
    expect(await failureOf(bridge.create(live))).toMatchObject(unbound)
    const nowhere = { ...live, titleId: 'nowhere' }
    expect(await failureOf(bridge.create(nowhere))).toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })

  test('starts with new events, or with the oldest stored one', async () => {
    await onDatabase(
      database.url,
      `insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor, reason, request_id)
       values ('p', 'other', 'a', 'progressed', 0, 'in_progress', 1, '', '', '')`,
    )
    await bridge.create(hook('from-now'))
    await bridge.create(hook('from-oldest'), { fromOldest: true })
    const flows = await onDatabase(
      database.url,
      `select destination_id as id, position = (select max(id) from events) as now, position = 0 as oldest
       from destination_flows where destination_id like 'from-%' order by 1`,
    )
    expect(flows).toEqual([
      { id: 'from-now', now: true, oldest: false },
      { id: 'from-oldest', now: false, oldest: true },
    ])
  })
})

describe('the owner', () => {
  test('updates the fields in the mask, if the etag matches', async () => {
    const made = await bridge.create(hook('changing'))
    const update = (parts: object, updateMask?: string[], requestId = '') =>
      bridge.update({ destinationId: 'changing', ...parts }, { updateMask, requestId })
    const parts = { displayName: 'New', url: 'https://elsewhere.example/' }
    const changed = await update(parts, undefined, 'once')
    expect(changed).toMatchObject({ ...parts, credential: made.credential, limits: made.limits })
    expect(await update(parts, undefined, 'once')).toEqual(changed)
    const masked = await update({ limits: { maxAttempts: 3 } }, ['limits', 'display_name'])
    expect(masked).toMatchObject({ displayName: '', limits: { maxAttempts: 3, maxInFlight: 8 } })
    const stale = update({ etag: made.etag, displayName: 'x' })
    expect(await failureOf(stale)).toMatchObject({ reason: 'ETAG_MISMATCH' })
    for (const wrong of [{ url: 'https://10.0.0.1/' }, { credential: '' }, { dialect: BRIDGED }]) {
      const refused = update(wrong, Object.keys(wrong))
      expect(await failureOf(refused)).toMatchObject({ reason: 'INVALID_FIELD' })
    }
    expect(await bridge.get('changing')).toEqual(masked)
  })

  test('pauses and resumes a destination, idempotently', async () => {
    const made = await bridge.create(hook('resting'))
    expect(await bridge.resume('resting')).toEqual(made)
    const paused = await bridge.pause('resting')
    expect(paused.paused).toBe(true)
    expect(paused.etag).not.toBe(made.etag)
    expect(await bridge.pause('resting')).toEqual(paused)
    expect(await bridge.resume('resting')).toMatchObject({ paused: false })
  })

  test('lists destinations page by page', async () => {
    const ids: string[] = []
    let pageToken = ''
    do {
      const page = await bridge.list({ pageSize: 2, pageToken })
      expect(page.destinations.length).toBeLessThanOrEqual(2)
      ids.push(...page.destinations.map(({ destinationId }) => destinationId))
      pageToken = page.nextPageToken
    } while (pageToken !== '')
    expect(ids).toEqual([...ids].sort())
    expect(ids).toEqual(expect.arrayContaining(['plain', 'full', 'once']))
    const nowhere = bridge.list({ titleId: 'nowhere' })
    expect(await failureOf(nowhere)).toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })

  test('deletes a destination with its deliveries, which a new one with its id does not get', async () => {
    const made = await bridge.create(hook('gone'))
    await bridge.create(hook('stays'))
    for (const destinationId of ['gone', 'stays']) {
      const delivery = (index: number) => ({ playerId: `p${index % 7}`, eventId: index + 1, destinationId })
      const many = Array.from({ length: 12_000 }, (_, index) => delivery(index))
      await putDeliveries(database.url, titleId, many)
      await putQueue(database.url, titleId, { playerId: 'p1', destinationId })
      await onDatabase(
        database.url,
        `insert into sent_percents select 'p' || n, $1, $2, 'first-lap', 1 from generate_series(1, 12000) as n`,
        [titleId, destinationId],
      )
    }
    expect(await failureOf(bridge.delete('gone', '1'))).toMatchObject({ reason: 'ETAG_MISMATCH' })
    await bridge.delete('gone', made.etag)
    expect(await counts()).toEqual({ gone: [0, 0, 0, 0], stays: [1, 12_000, 1, 12_000] })
    const missing = { code: status.NOT_FOUND, reason: 'DESTINATION_NOT_FOUND' }
    expect(await failureOf(bridge.delete('gone'))).toMatchObject(missing)
    expect(await failureOf(bridge.get('gone'))).toMatchObject(missing)

    // As left by a server that was killed while it deleted.
    await putDeliveries(database.url, titleId, [{ playerId: 'p1', eventId: 1, destinationId: 'gone' }])
    await bridge.create(hook('gone'))
    expect(await counts()).toEqual({ gone: [1, 0, 0, 0], stays: [1, 12_000, 1, 12_000] })
  })

  test('creates at most a hundred in a title, concurrently too', async () => {
    const there = (await bridge.list({ pageSize: 1000 })).destinations.length
    await onDatabase(
      database.url,
      `insert into destinations select (jsonb_populate_record(d, jsonb_build_object('id', 'many-' || n))).*
       from destinations d, generate_series(1, $1::integer) as n where d.id = 'plain'`,
      [97 - there],
    )
    const made = Array.from({ length: 12 }, (_, index) =>
      bridge.create(hook(`raced-${index}`)).then(
        () => 'made',
        (error: ServiceError) => error,
      ),
    )
    const results = await Promise.all(made)
    expect(results.filter((result) => result === 'made')).toHaveLength(3)
    for (const refused of results.filter((result) => result !== 'made')) {
      expect(await failureOf(Promise.reject(refused))).toMatchObject({
        code: status.FAILED_PRECONDITION,
        reason: 'TOO_MANY_DESTINATIONS',
      })
    }
    expect((await bridge.list({ pageSize: 1000 })).destinations).toHaveLength(100)
    expect(await failureOf(bridge.create(hook('plain')))).toMatchObject({ reason: 'DESTINATION_EXISTS' })
    await bridge.delete('plain')
    await bridge.create(hook('plain'))
  })

  test('deletes them with their title', async () => {
    using titles = createClient(TitleServiceClient, server.address)
    await callUnary(titles, 'deleteTitle', DeleteTitleRequest.fromPartial({ titleId, force: true }))
    expect(await counts()).toEqual({ gone: [0, 0, 0, 0], stays: [0, 0, 0, 0] })
    expect(await failureOf(bridge.get('plain'))).toMatchObject({ reason: 'TITLE_NOT_FOUND' })
  })
})

/** Returns the rows of two destinations: flows, deliveries, queues and sent percents. */
async function counts() {
  const entries = ['gone', 'stays'].map(async (id) => {
    const tables = ['destination_flows', 'deliveries', 'delivery_queues', 'sent_percents'].map(
      async (table) => {
        const statement = `select count(*)::integer as count from ${table} where destination_id = $1`
        const [row] = await onDatabase<{ count: number }>(database.url, statement, [id])
        return row?.count
      },
    )
    return [id, await Promise.all(tables)] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}
