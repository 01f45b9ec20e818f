import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import { EventKind } from '../../src/gen/laurel/v1/event.ts'
import {
  ProgressServiceClient,
  StreamProgressRequest,
  type StreamProgressResponse,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { createPlayer, deletePlayer } from '../../src/service/players/players.ts'
import { recordProgress } from '../../src/service/progress/record-progress.ts'
import { accountsOf, BINDINGS, createBoundTitle, idsOf } from '../support/bound-title.ts'
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
      ...{ titleId, playerId, achievementId: 'goal-0', occurredTime: undefined, ...once },
      report: { kind: 'unlock' },
    },
    call,
  )
const remove = () =>
  deletePlayer(services, { playerId, etag: undefined, requestId: `delete-${playerId}` }, call)

const send = (method: string, path: string, body: object, headers: Record<string, string> = {}) =>
  fetch(server.url + path, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

const accountIn = (dialect: string) => accountsOf(count)[dialect]
const bound = (dialect: string, name: string) => BINDINGS[dialect]?.[name]

/** A report of the player's account at each platform's HTTP API. */
const REPORTS: Readonly<Record<string, () => Promise<Response>>> = {
  xbox: () =>
    send(
      'POST',
      `/xbox/users/xuid(${accountIn('xbox')})/achievements/${bound('xbox', 'service_config_id')}/update`,
      { achievements: [{ id: idsOf(0)['xbox'], percentComplete: 100 }] },
      { 'x-xbl-contract-version': '2' },
    ),
  discord: () =>
    send(
      'PUT',
      `/discord/api/users/${accountIn('discord')}/applications/${bound('discord', 'application_id')}/achievements/${idsOf(0)['discord']}`,
      { percent_complete: 100 },
      { authorization: 'Bot service' },
    ),
  accelbyte: () =>
    send(
      'PUT',
      `/accelbyte/achievement/v1/admin/namespaces/${bound('accelbyte', 'namespace')}/users/${accountIn('accelbyte')}/achievements/goal-0/unlock`,
      {},
    ),
}

describe.each(Object.entries(REPORTS))("%s's HTTP API", (_, report) => {
  test('refuses reports of the account of a deleted player, until the player is created anew', async () => {
    expect((await report()).ok).toBe(true)
    await remove()
    const before = await services.store.read(call.signal, (queries) => queries.players.list('', 1000))
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const refused = await report()
      expect(refused.status).toBeGreaterThanOrEqual(400)
      expect(refused.status).toBeLessThan(500)
      expect(await refused.text()).toContain('deleted')
    }
    const after = await services.store.read(call.signal, (queries) => queries.players.list('', 1000))
    expect(after).toEqual(before)
    await create()
    expect((await report()).ok).toBe(true)
    expect(await unlock()).toMatchObject({ alreadyUnlocked: true })
  })
})

test('a stream refuses the items of a deleted player alone', async () => {
  await unlock()
  await remove()
  using client = createClient(ProgressServiceClient, server.address)
  const stream = client.streamProgress()
  const report = { $case: 'unlock', value: true } as const
  const items = [playerId, `other-${count}`].map((id) => ({
    ...{ titleId, playerId: id, achievementId: 'goal-0', report },
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
  const xbox = { dialect: 'xbox', credential: HOOK.credential, filter: { kinds } }
  await bridge.create({ destinationId: 'platform', ...destination, ...xbox })
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
