import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import { EventKind } from '../../src/gen/laurel/v1/event.ts'
import {
  ProgressServiceClient,
  StreamProgressRequest,
  type StreamProgressResponse,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { bridges } from '../../src/registry.ts'
import { createPlayer, deletePlayer } from '../../src/service/players/players.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import { accountsOf, createBoundTitle } from '../support/bound-title.ts'
import { bridgeOn } from '../support/bridge.ts'
import { createClient } from '../support/client.ts'
import { type FakePlatform, startFakePlatform } from '../support/fake-platform.ts'
import { TITLE_ID as titleId } from '../support/fixture.ts'
import { HOOK, HOOK_SECRET, PATIENT, until } from '../support/relay.ts'
import { type RunningServer, startServer } from '../support/server.ts'
import { callOf, createTestServices, type TestServices } from '../support/services.ts'
import { startWatch } from '../support/watch.ts'

let services: TestServices
let server: RunningServer
let platform: FakePlatform
let count = 0
let playerId: string
const call = callOf('privacy')
const once = { requestId: undefined }
const [platformDialect = ''] = bridges.keys()

beforeAll(async () => {
  services = await createTestServices()
  await createBoundTitle(services, 2)
  server = await startServer({
    databaseUrl: services.databaseUrl,
    env: { LAUREL_CREDENTIAL_HOOK: HOOK_SECRET },
  })
  platform = await startFakePlatform()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await platform.close()
  await services[Symbol.asyncDispose]()
})
beforeEach(async () => {
  count += 1
  playerId = `player-${count}`
  await create()
})

async function create(): Promise<void> {
  const accounts = Object.entries(accountsOf(count)).map(([dialect, id]) => ({ dialect, id }))
  await createPlayer(services, { player: { id: playerId, displayName: '', accounts }, ...once }, call)
}

const unlock = () =>
  recordProgress(
    services,
    {
      titleId,
      playerId,
      achievementId: 'goal-0',
      occurredTime: undefined,
      ...once,
      report: { kind: 'unlock' },
    },
    call,
  )
const remove = () =>
  deletePlayer(services, { playerId, etag: undefined, requestId: `delete-${playerId}` }, call)

test('a stream refuses the items of a deleted player alone', async () => {
  await unlock()
  await remove()
  using client = createClient(ProgressServiceClient, server.address)
  const stream = client.streamProgress()
  const report = { $case: 'unlock', value: true } as const
  const items = [playerId, `other-${count}`].map((id) => ({
    titleId,
    playerId: id,
    achievementId: 'goal-0',
    report,
  }))
  stream.write(StreamProgressRequest.fromPartial({ items }))
  stream.end()
  const outcomes: unknown[] = []
  for await (const { results } of stream as AsyncIterable<StreamProgressResponse>)
    outcomes.push(...results.map(({ outcome }) => outcome?.$case))
  expect(outcomes).toEqual(['error', 'result'])
})

test('the deletion reaches a watch and destinations, whichever achievements they select', async () => {
  using bridge = bridgeOn(server.address)
  const destination = { url: `${platform.url}/hook`, limits: { requestsPerSecond: 1000, timeout: PATIENT } }
  const filter = { achievementIds: ['goal-1'] }
  await bridge.create({ destinationId: 'copies', ...destination, ...HOOK, filter })
  const kinds = [EventKind.PLAYER_DELETED]
  const onPlatform = { dialect: platformDialect, credential: HOOK.credential, filter: { kinds } }
  await bridge.create({ destinationId: 'platform', ...destination, ...onPlatform })
  await using watch = await startWatch(server.address, {
    titleId,
    filter: { ...filter, playerIds: [playerId] },
  })
  await unlock()
  await remove()
  await watch.until(({ events }) => events.length > 0)
  expect(watch.events).toMatchObject([
    { kind: EventKind.PLAYER_DELETED, playerId, achievementId: '', actor: 'privacy', state: 0 },
  ])
  await until(() => platform.received.length > 0)
  expect(platform.received.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: 'laurel.player.deleted', subject: playerId, data: { player_id: playerId, achievement_id: null } },
  ])
  await until(async () => (await bridge.listDeliveries('platform')).deliveries.length > 0)
  expect((await bridge.listDeliveries('platform')).deliveries).toMatchObject([
    { state: DeliveryState.UNSUPPORTED, error: 'the platform has no word for player_deleted' },
  ])
  // The second deletion removes no event of the first.
  await create()
  await unlock()
  await deletePlayer(services, { playerId, etag: undefined, ...once }, call)
  await watch.until(({ events }) => events.length > 1)
  await until(() => platform.received.length > 1)
  await using oldest = await startWatch(server.address, {
    titleId,
    fromOldest: true,
    filter: { playerIds: [playerId] },
  })
  await oldest.until(({ events }) => events.length > 1)
  expect(oldest.events.map(({ kind }) => kind)).toEqual([EventKind.PLAYER_DELETED, EventKind.PLAYER_DELETED])
})
