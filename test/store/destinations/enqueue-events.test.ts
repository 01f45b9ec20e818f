import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { claimDeliveries } from '../../../src/service/destinations/claim-deliveries.ts'
import { createDestination } from '../../../src/service/destinations/create-destination.ts'
import { enqueueEvents } from '../../../src/service/destinations/enqueue-events.ts'
import { updateDestination } from '../../../src/service/destinations/update-destination.ts'
import { createPlayer, deletePlayer } from '../../../src/service/players/players.ts'
import { createBoundTitle } from '../../support/bound-title.ts'
import { onDatabase, putDeliveries, putQueue } from '../../support/deliveries.ts'
import { TITLE_ID as titleId } from '../../support/fixture.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices

beforeAll(async () => {
  services = await createTestServices()
  await createBoundTitle(services, 3)
})
afterAll(async () => {
  await services[Symbol.asyncDispose]()
})

const createHook = (id: string) => {
  const limits = { requestsPerSecond: 1000, maxInFlight: 8, maxAttempts: 3, timeout: 10_000_000n }
  const filter = { kinds: [], achievementIds: [], playerIds: [] }
  const where = { url: 'https://hooks.example/', credential: 'env:LAUREL_CREDENTIAL_HOOK' }
  const destination = { titleId, id, displayName: '', dialect: 'webhook', ...where, filter, limits }
  return createDestination(services, { destination, fromOldest: true, requestId: undefined }, callOf())
}
const enqueuedFor = (id: string) =>
  onDatabase(services.databaseUrl, 'select achievement_id from deliveries where destination_id = $1', [id])

test('enqueues nothing by an outdated filter', async () => {
  const old = await createHook('narrowed')
  const filter = { kinds: [], achievementIds: ['goal-1'], playerIds: [] }
  const key = { titleId, destinationId: 'narrowed', etag: undefined, requestId: undefined }
  const narrowed = await updateDestination(services, { ...key, patch: { filter } }, callOf())
  const safePosition = await services.safePosition.current(NEVER_ABORTED)
  await enqueueEvents(services, old, safePosition, NEVER_ABORTED)
  expect(await enqueuedFor('narrowed')).toEqual([])
  await enqueueEvents(services, narrowed, safePosition, NEVER_ABORTED)
  expect(await enqueuedFor('narrowed')).toEqual([{ achievement_id: 'goal-1' }])
})

test('claims attempted deliveries first, then the oldest', async () => {
  const destination = await createHook('many')
  const rows = Array.from({ length: 2_500 }, (_, index) => ({
    playerId: 'hoarder',
    destinationId: 'many',
    eventId: 10_000 + index,
    attempts: index === 700 || index === 710 ? 1 : 0,
  }))
  await putDeliveries(services.databaseUrl, titleId, rows)
  const claimed = async (lease: string) => {
    await onDatabase(services.databaseUrl, `delete from delivery_queues where destination_id = 'many'`)
    await putQueue(services.databaseUrl, titleId, { playerId: 'hoarder', destinationId: 'many' })
    const options = { lease, leaseTime: 600_000_000n, limit: 8 }
    const [claim] = await claimDeliveries(services, destination, options, NEVER_ABORTED)
    return claim?.attempts.map(({ event, number }) => [Number(event.id) - 10_000, number])
  }
  expect(await claimed('first')).toEqual([
    [700, 2],
    [710, 2],
  ])
  await onDatabase(services.databaseUrl, `update deliveries set state = 'delivered' where attempts > 0`)
  expect(await claimed('second')).toEqual(Array.from({ length: 50 }, (_, index) => [index, 1]))
})

test('deletes deliveries that are being enqueued while their player is deleted', async () => {
  await createHook('late')
  const player = { id: 'eve', displayName: '', accounts: [] }
  await createPlayer(services, { player, requestId: undefined }, callOf())
  const server = new pg.Client({ connectionString: services.databaseUrl })
  await server.connect()
  await server.query('begin')
  await server.query(
    `select from destination_flows where destination_id = 'late' for no key update skip locked`,
  )
  await server.query(
    `insert into deliveries (player_id, title_id, destination_id, event_id, achievement_id, kind, time, progress_state,
       percent, actor, reason, request_id, state, create_time)
     values ('eve', $1, 'late', 1, 'goal-1', 'unlocked', 1, 'achieved', 100, '', '', '', 'pending', 1)`,
    [titleId],
  )
  const request = { playerId: 'eve', etag: undefined, requestId: undefined }
  const deleted = deletePlayer(services, request, callOf())
  const players = () => onDatabase(services.databaseUrl, `select from players where id = 'eve'`)
  while ((await players()).length > 0) await new Promise((resolve) => setTimeout(resolve, 25))
  await server.query('commit')
  await server.end()
  await deleted
  expect(await enqueuedFor('late')).toEqual([])
})
