import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  AchievementServiceClient,
  UpdateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { ProgressServiceClient, RevokeAchievementRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type BrowserWatch, openWatch } from '../support/event-source.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { untilWithin } from '../support/quickly.ts'
import { record } from '../support/relay.ts'
import { lastingAddresses, type RunningServer, startServer, startServerProcess } from '../support/server.ts'
import { startWatch } from '../support/watch.ts'

let database: TestDatabase
let server: RunningServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await createFixture(server.address, { marathon: 1_000_000n, plain: undefined, other: undefined })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const TITLE = ['title_id', TITLE_ID] as const
const WATCHING = { query: [TITLE] }
const MARATHON = 'marathon'

const reach = (playerId: string, value: number, address = server.address) =>
  record(address, [{ playerId, achievementId: MARATHON, value }])
const unlock = (playerId: string, achievementId = 'plain') =>
  record(server.address, [{ playerId, achievementId }])

test('a browser receives all events in order, with the fields of a webhook', async () => {
  using watch = await openWatch(server.url, WATCHING)
  await using other = await startWatch(server.address, { titleId: TITLE_ID })
  using progress = createClient(ProgressServiceClient, server.address)
  using definitions = createClient(AchievementServiceClient, server.address)
  const key = { titleId: TITLE_ID, playerId: 'ann', achievementId: MARATHON }
  await reach('ann', 500_000)
  await reach('ann', 1_000_000)
  const revoke = RevokeAchievementRequest.fromPartial({ ...key, reason: 'two\nlines\r\n: of it' })
  await callUnary(progress, 'revokeAchievement', revoke)
  const achievement = { titleId: TITLE_ID, achievementId: 'plain', hidden: true }
  const update = UpdateAchievementRequest.fromPartial({ achievement, updateMask: ['hidden'] })
  await callUnary(definitions, 'updateAchievement', update)
  await watch.until(({ events }) => events.length === 4)
  await other.until(({ events }) => events.length === 4)
  expect(watch.ids).toEqual(other.ids)
  const kinds = ['progressed', 'unlocked', 'revoked', 'definition_changed']
  expect(watch.events.map(({ kind }) => kind)).toEqual(kinds)
  expect(watch.events.map(({ data }) => data['kind'])).toEqual(kinds)
  const [, unlocked, revoked, changed] = watch.events
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/)
  expect(unlocked?.data).toEqual({
    event_id: expect.stringMatching(/^\d+$/),
    title_id: TITLE_ID,
    player_id: 'ann',
    achievement_id: MARATHON,
    kind: 'unlocked',
    time,
    state: 'achieved',
    percent: 100,
    unlock_time: time,
    actor: 'service',
    reason: '',
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  expect(revoked?.data['reason']).toBe('two\nlines\r\n: of it')
  expect(changed?.data).toMatchObject({ player_id: null, state: null, achievement_id: 'plain' })
})

test('a stream begins with the reconnect delay and a token, before any event', async () => {
  const controller = new AbortController()
  const response = await fetch(`${server.url}/events?title_id=${TITLE_ID}`, { signal: controller.signal })
  const read = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!/id: .*\n\n$/.test(text)) text += (await read?.read())?.value ?? ''
  expect(text).toMatch(/^retry: 1000\n\n: alive\nid: [\w-]+\n\n$/)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-store, no-transform',
    'x-accel-buffering': 'no',
  })
  expect(response.headers.has('access-control-allow-origin')).toBe(false)
  expect(response.headers.has('vary')).toBe(false)
  controller.abort()
})

test('an event must match every filter, and each filter may have several values', async () => {
  const of = (name: string, ...values: string[]) => values.map((value) => [name, value] as const)
  const query = [
    TITLE,
    ...of('player_id', 'carla', 'cleo', 'carla'),
    ...of('achievement_id', 'plain', 'other'),
    ...of('kind', 'unlocked', 'revoked'),
  ]
  using all = await openWatch(server.url, WATCHING)
  using watch = await openWatch(server.url, { query })
  await unlock('dora')
  await unlock('carla')
  await reach('carla', 1_000_000)
  await reach('cleo', 5)
  await unlock('cleo', 'other')
  await all.until(({ events }) => events.length === 5)
  await watch.until(({ events }) => events.length === 2)
  expect(watch.events.map(({ data }) => [data['player_id'], data['achievement_id']])).toEqual([
    ['carla', 'plain'],
    ['cleo', 'other'],
  ])
})

test("a player's view leaves out actor, reason and request id", async () => {
  using watch = await openWatch(server.url, { query: [TITLE, ['player_id', 'fred'], ['view', 'player']] })
  await unlock('fred')
  await watch.until(({ events }) => events.length === 1)
  expect(watch.events[0]?.data).toMatchObject({ player_id: 'fred', actor: '', reason: '', request_id: '' })
})

test('a stream begins with the oldest event, after a token, or after Last-Event-ID', async () => {
  using oldest = await openWatch(server.url, { query: [TITLE, ['from_oldest', 'true']] })
  for (const round of [1, 2, 3, 4]) await reach('gus', round)
  const isOfGus = (watch: BrowserWatch) =>
    watch.events.filter(({ data }) => data['player_id'] === 'gus').length === 4
  await oldest.until(isOfGus)
  expect(oldest.events.some(({ data }) => data['player_id'] === 'ann')).toBe(true)
  const [first, second, third, fourth] = oldest.events.slice(-4)
  const token = ['resume_token', first?.token ?? ''] as const
  using after = await openWatch(server.url, { query: [TITLE, token, ['from_oldest', 'true']] })
  await after.until(({ events }) => events.length === 3)
  expect(after.events).toEqual([second, third, fourth])
  const headers = { 'last-event-id': third?.token ?? '' }
  using again = await openWatch(server.url, { query: [TITLE, token, ['lastEventId', '']], headers })
  using inQuery = await openWatch(server.url, {
    query: [TITLE, token, ['lastEventId', third?.token ?? '']],
  })
  for (const watch of [again, inQuery]) {
    await watch.until(({ events }) => events.length === 1)
    expect(watch.events).toEqual([fourth])
  }
})

test('a browser misses and repeats no event while its server is killed and restarted', async () => {
  await using witness = await startWatch(server.address, { titleId: TITLE_ID })
  const settings = { databaseUrl: database.url }
  const env = await lastingAddresses()
  let mortal = await startServerProcess({ ...settings, env })
  using watch = await openWatch(mortal.url, WATCHING)
  let value = 0
  const write = async (count: number) => {
    for (let round = 0; round < count; round += 1) {
      value += 1
      await reach(`ida-${round % 3}`, value)
    }
  }
  for (let life = 1; life <= 3; life += 1) {
    const writing = write(30)
    await watch.until(({ events }) => events.length > 40 * (life - 1) + 5)
    await mortal.kill('SIGKILL')
    await writing
    await write(10)
    mortal = await startServerProcess({ ...settings, env })
    await watch.until(({ opened }) => opened === life + 1)
  }
  await witness.until(({ events }) => events.length === 120)
  await watch.until(({ events }) => events.length >= 120)
  expect(watch.ids).toEqual(witness.ids)
  expect(watch.lastEventIds.slice(1).every((token) => token !== undefined)).toBe(true)
  await mortal[Symbol.asyncDispose]()
})

test('a server stops without waiting for its watches', async () => {
  await untilWithin(8_000, async () => {
    const stopping = await startServerProcess({ databaseUrl: database.url })
    using _ = await openWatch(stopping.url, WATCHING)
    const before = performance.now()
    expect(await stopping.kill('SIGTERM')).toBe(0)
    return performance.now() - before
  })
})

test('a server that stops ends its streams, and the browser resumes at the next server', async () => {
  const env = await lastingAddresses()
  const stopping = await startServerProcess({ databaseUrl: database.url, env })
  using watch = await openWatch(stopping.url, WATCHING)
  expect(await stopping.kill('SIGTERM')).toBe(0)
  await watch.until(({ ends }) => ends.length > 0)
  expect(watch.ends).toEqual([
    {
      reason: 'SERVER_STOPPING',
      message: expect.stringContaining('the server is stopping'),
      resume_token: expect.stringMatching(/^[\w-]+$/),
    },
  ])
  await unlock('hugo')
  await using _ = await startServer({ databaseUrl: database.url, env })
  await watch.until(({ events }) => events.length === 1)
  expect(watch.events[0]?.data['player_id']).toBe('hugo')
  expect(new Set(watch.lastEventIds)).toEqual(new Set([undefined, watch.ends[0]?.['resume_token']]))
})
