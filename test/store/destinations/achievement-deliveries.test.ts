import { afterAll, beforeAll, expect, test } from 'vitest'
import { listAchievementDeliveries } from '../../../src/service/destinations/deliveries.ts'
import { ONE_DATABASE } from '../../../src/store/citus/sharding.ts'
import { achievementDeliveryQueries } from '../../../src/store/destinations/achievement-deliveries.ts'
import { deliveryQueries } from '../../../src/store/destinations/deliveries.ts'
import { READ_ON_WORKERS, skipOnCluster } from '../../support/citus.ts'
import { countingRows } from '../../support/counting-rows.ts'
import { type DeliveryRow, onDatabase, putDeliveries } from '../../support/deliveries.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

const titleId = 'race'
const DESTINATIONS = ['a', 'b', 'c']
const TABLES = ['deliveries', 'delivery_queues']

let services: TestServices

beforeAll(async () => {
  services = await createTestServices()
  const { databaseUrl } = services
  await onDatabase(
    databaseUrl,
    `insert into titles (id, display_name, default_locale, extensions, create_time, update_time)
     values ('race', '', 'en', '{}', 0, 0)`,
  )
  await onDatabase(
    databaseUrl,
    `insert into destinations (title_id, id, display_name, dialect, url, credential, filter, limits, create_time,
       update_time) select 'race', id, '', 'webhook', 'https://a.example', '', '{}', '{}', 0, 0
     from unnest($1::text[]) as id`,
    [DESTINATIONS],
  )
})
afterAll(() => services[Symbol.asyncDispose]())

const put = (rows: readonly DeliveryRow[]) => putDeliveries(services.databaseUrl, titleId, rows)

test('lists each achievement and destination once, in order, over pages of any size', async () => {
  const names = ['first', 'Second', 'third’s', 'ünique'].flatMap((achievementId) =>
    [...DESTINATIONS, 'deleted'].map((destinationId) => ({ achievementId, destinationId })),
  )
  await put(
    names.flatMap((name, index) => [
      { ...name, playerId: 'ann', eventId: 10 * index + 1, state: 'delivered' },
      { ...name, playerId: 'ann', eventId: 10 * index + 2 },
      { ...name, playerId: 'ben', eventId: 10 * index + 3 },
    ]),
  )
  const request = { titleId, playerId: 'ann', achievementId: undefined }
  const list = (pageSize: number, pageToken?: string) =>
    listAchievementDeliveries(services, { ...request, pageSize, pageToken }, callOf())
  const all = await list(100)
  expect(all.nextPageToken).toBeUndefined()
  expect(new Set(all.items.map(({ destinationId }) => destinationId))).toEqual(new Set(DESTINATIONS))
  expect(all.items).toHaveLength(12)
  for (const { delivered, newest, state } of all.items) {
    expect(newest.id - (delivered?.id ?? 0n)).toBe(1n)
    expect(state).toBe('pending')
  }
  for (const size of [1, 5, 12]) {
    const found = []
    let token: string | undefined
    do {
      const page = await list(size, token)
      expect(page.items.length).toBeLessThanOrEqual(size)
      found.push(...page.items)
      token = page.nextPageToken
    } while (token !== undefined)
    expect(found).toEqual(all.items)
  }

  const { nextPageToken: pageToken } = await list(5)
  const elsewhere = { ...request, playerId: 'ben', pageSize: 5, pageToken }
  await expect(listAchievementDeliveries(services, elsewhere, callOf())).rejects.toMatchObject({
    reason: 'PAGE_TOKEN_INVALID',
  })
})

test('reads fewer than a hundred rows of a player with ten thousand deliveries', async ({ skip }) => {
  skipOnCluster(skip, READ_ON_WORKERS)
  const states = ['dead', 'superseded', 'unsupported']
  await put(
    Array.from({ length: 10_000 }, (_, index) => ({
      playerId: 'hoarder',
      eventId: 1_000_000 + index,
      achievementId: `goal-${index % 4}`,
      destinationId: DESTINATIONS[index % 3] as string,
      state: index < 12 ? 'delivered' : (states[index % 3] as string),
    })),
  )
  await put([{ playerId: 'hoarder', eventId: 2_000_000, achievementId: 'goal-0', destinationId: 'b' }])
  const filter = { playerId: 'hoarder', titleId, achievementId: undefined, after: undefined, limit: 6 }
  const { result: found, rowsRead } = await countingRows(services.databaseUrl, TABLES, (db) =>
    achievementDeliveryQueries(db, ONE_DATABASE).list(filter),
  )
  expect(found.map(({ achievementId, destinationId }) => [achievementId, destinationId])).toEqual(
    ['goal-0', 'goal-1'].flatMap((achievementId) => DESTINATIONS.map((id) => [achievementId, id])),
  )
  expect(found.map(({ state }) => state === 'pending')).toEqual([false, true, false, false, false, false])
  expect(found.map(({ delivered }) => Number(delivered?.id) < 1_000_012)).toEqual(Array(6).fill(true))
  expect(rowsRead).toBeGreaterThan(0)
  expect(rowsRead).toBeLessThan(100)
})

test('reads the queue of each delivery on a page, not all queues of the destination', async ({ skip }) => {
  skipOnCluster(skip, READ_ON_WORKERS)
  await onDatabase(
    services.databaseUrl,
    `insert into delivery_queues (player_id, title_id, destination_id, due_time, waiting)
     select 'queued ' || number, 'race', 'a', number, true from generate_series(1, 2000) as number`,
  )
  await put(
    Array.from({ length: 40 }, (_, index) => ({
      playerId: `queued ${1 + 50 * index}`,
      eventId: 3_000_000 + index,
      achievementId: 'goal',
      destinationId: 'a',
    })),
  )
  const page = { titleId, destinationId: 'a', playerId: undefined, achievementId: undefined, states: [] }
  const before = 3_000_040n
  const listed = await countingRows(services.databaseUrl, TABLES, (db) =>
    deliveryQueries(db, ONE_DATABASE).list({ ...page, before, limit: 40 }),
  )
  expect(new Set(listed.result.map(({ state }) => state))).toEqual(new Set(['waiting_for_account']))
  expect(listed.rowsRead).toBeLessThan(100)

  const ofPlayer = { playerId: 'queued 1', titleId, achievementId: undefined, after: undefined, limit: 6 }
  const shown = await countingRows(services.databaseUrl, TABLES, (db) =>
    achievementDeliveryQueries(db, ONE_DATABASE).list(ofPlayer),
  )
  expect(shown.result.map(({ state }) => state)).toEqual(['waiting_for_account'])
  expect(shown.rowsRead).toBeLessThan(100)
})
