import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import { bridges } from '../../../src/registry.ts'
import { createDestination } from '../../../src/service/destinations/create-destination.ts'
import { enqueueEvents } from '../../../src/service/destinations/enqueue-events.ts'
import { mergePlayers } from '../../../src/service/players/merge-players.ts'
import { createPlayer } from '../../../src/service/players/players.ts'
import { recordProgress } from '../../../src/service/progress/record-progress.ts'
import { accountsOf, createBoundTitle } from '../../support/bound-title.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { TITLE_ID as titleId } from '../../support/fixture.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
const call = callOf()
const once = { requestId: undefined }
const [platform = ''] = bridges.keys()
const limits = { requestsPerSecond: 1000, maxInFlight: 8, maxAttempts: 3, timeout: 10_000_000n }
const filter = { kinds: [], achievementIds: [], playerIds: [] }
let destinations: Awaited<ReturnType<typeof createDestination>>[]

beforeAll(async () => {
  services = await createTestServices()
  await createBoundTitle(services, 3)
  const where = { url: 'https://platform.example/', credential: 'env:LAUREL_CREDENTIAL_HOOK' }
  destinations = []
  for (const [id, dialect] of [
    ['platform', platform],
    ['webhook', 'webhook'],
  ] as const) {
    const destination = { titleId, id, displayName: '', dialect, ...where, filter, limits }
    destinations.push(await createDestination(services, { destination, fromOldest: true, ...once }, call))
  }
})
afterAll(() => services[Symbol.asyncDispose]())

const create = (id: string, accounts: readonly { dialect: string; id: string }[]) =>
  createPlayer(services, { player: { id, displayName: '', accounts }, ...once }, call)
const unlock = (playerId: string, achievementId: string) =>
  recordProgress(
    services,
    {
      titleId,
      playerId,
      achievementId,
      occurredTime: undefined,
      ...once,
      report: { kind: 'unlock' },
    },
    call,
  )
const merge = (playerId: string, absorbedPlayerId: string) =>
  mergePlayers(services, { playerId, absorbedPlayerId, reason: '', ...once }, call)

async function enqueue(): Promise<void> {
  const safePosition = await services.safePosition.current(NEVER_ABORTED)
  for (const destination of destinations) {
    while (await enqueueEvents(services, destination, safePosition, NEVER_ABORTED)) {}
  }
}

const deliveriesOf = async (playerId: string) =>
  (
    await onDatabase(
      services.databaseUrl,
      `select destination_id, achievement_id, kind from deliveries where player_id = $1 order by event_id, destination_id`,
      [playerId],
    )
  ).map((row) => Object.values(row).join(' '))
const queuesOf = (playerId: string) =>
  onDatabase(
    services.databaseUrl,
    'select destination_id, waiting from delivery_queues where player_id = $1 order by destination_id',
    [playerId],
  )

test("a platform receives both players' events as the surviving one's, and a webhook as they were", async () => {
  await create('ann', [])
  await create('ann-2', [{ dialect: platform, id: accountsOf(1)[platform] ?? '' }])
  await unlock('ann', 'goal-0')
  await unlock('ann-2', 'goal-1')
  await enqueue()
  await onDatabase(services.databaseUrl, `update delivery_queues set waiting = true where player_id = 'ann'`)
  // Enqueued after the merge.
  await unlock('ann-2', 'goal-2')
  await merge('ann', 'ann-2')
  await enqueue()
  expect((await deliveriesOf('ann')).filter((text) => text.startsWith('platform')).sort()).toEqual([
    'platform goal-0 unlocked',
    // An event of the absorbed player, and one of the merge.
    'platform goal-1 unlocked',
    'platform goal-1 unlocked',
    'platform goal-2 unlocked',
    'platform goal-2 unlocked',
  ])
  expect(await deliveriesOf('ann-2')).toEqual([
    'webhook goal-1 unlocked',
    'webhook goal-2 unlocked',
    'webhook  player_merged',
  ])
  expect(await queuesOf('ann')).toEqual([
    { destination_id: 'platform', waiting: false },
    { destination_id: 'webhook', waiting: true },
  ])
  expect((await queuesOf('ann-2')).map((row) => row['destination_id'])).toEqual(['webhook'])
})

test('keeps the higher percent that a platform received', async () => {
  await create('cat', [])
  await create('cat-2', [])
  await onDatabase(
    services.databaseUrl,
    `insert into sent_percents (player_id, title_id, destination_id, achievement_id, percent) values
       ('cat', $1, 'platform', 'goal-0', 20), ('cat-2', $1, 'platform', 'goal-0', 10),
       ('cat', $1, 'platform', 'goal-1', 10), ('cat-2', $1, 'platform', 'goal-1', 30),
       ('cat-2', $1, 'platform', 'goal-2', 40)`,
    [titleId],
  )
  await merge('cat', 'cat-2')
  const rows = await onDatabase(
    services.databaseUrl,
    `select player_id, percent from sent_percents where player_id like 'cat%' order by achievement_id`,
  )
  expect(rows).toEqual([20, 30, 40].map((percent) => ({ player_id: 'cat', percent })))
})

test('moves deliveries that are being enqueued during the merge', async () => {
  await create('bob', [])
  await create('bob-2', [])
  const client = new pg.Client({ connectionString: services.databaseUrl })
  await client.connect()
  await client.query('begin')
  await client.query(
    `select from destination_flows where destination_id = 'platform' for no key update skip locked`,
  )
  await client.query(
    `insert into deliveries (player_id, title_id, destination_id, event_id, achievement_id, kind, time, progress_state,
       percent, actor, reason, request_id, state, create_time)
     values ('bob-2', $1, 'platform', 1, 'goal-1', 'unlocked', 1, 'achieved', 100, '', '', '', 'pending', 1)`,
    [titleId],
  )
  const merged = merge('bob', 'bob-2')
  const players = () => onDatabase(services.databaseUrl, `select from players where id = 'bob-2'`)
  while ((await players()).length > 0) await new Promise((resolve) => setTimeout(resolve, 25))
  await client.query('commit')
  await client.end()
  await merged
  expect(await deliveriesOf('bob')).toEqual(['platform goal-1 unlocked'])
  expect(await deliveriesOf('bob-2')).toEqual([])
})
