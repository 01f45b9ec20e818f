import { afterAll, beforeAll, expect, test } from 'vitest'
import { EventKind } from '../../src/gen/laurel/v1/event.ts'
import { EventOrder, EventServiceClient, ListEventsRequest } from '../../src/gen/laurel/v1/event_service.ts'
import { ProgressState, UnlockPrecision } from '../../src/gen/laurel/v1/progress.ts'
import { ProgressServiceClient, RecordProgressRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { bodyOf, postJson } from '../support/post-json.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await createFixture(server.address, { marathon: 100n })
  using client = createClient(ProgressServiceClient, server.address)
  for (const value of [25n, 100n]) {
    const quantity = { value: { $case: 'integer' as const, value } }
    const report = { $case: 'reach' as const, value: { requirementId: '', quantity } }
    const key = { titleId: TITLE_ID, playerId: 'ann', achievementId: 'marathon' }
    await callUnary(
      client,
      'recordProgress',
      RecordProgressRequest.fromPartial({ ...key, report, requestId: `r-${value}` }),
    )
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

test('a report that has returned is listed, with its caller, its request id and the progress after it', async () => {
  using client = createClient(EventServiceClient, server.address)
  const request = ListEventsRequest.fromPartial({ titleId: TITLE_ID, playerId: 'ann' })
  const { events, nextPageToken } = await callUnary(client, 'listEvents', request)
  expect(nextPageToken).toBe('')
  expect(events.map(({ kind }) => kind)).toEqual([EventKind.UNLOCKED, EventKind.PROGRESSED])
  const [unlocked, progressed] = events
  expect(unlocked).toMatchObject({ requestId: 'r-100', actor: 'service', state: ProgressState.ACHIEVED })
  expect(unlocked?.progress).toMatchObject({
    titleId: TITLE_ID,
    playerId: 'ann',
    achievementId: 'marathon',
    percent: 100,
    unlockTime: unlocked?.unlockTime,
    unlockPrecision: UnlockPrecision.EXACT,
  })
  const current = { value: { $case: 'integer', value: 25n } }
  expect(progressed?.progress?.requirements).toEqual([{ requirementId: 'count', current }])
  const order = EventOrder.OLDEST_FIRST
  const reversed = await callUnary(client, 'listEvents', { ...request, order })
  expect(reversed.events).toEqual(events.toReversed())
})

const METHOD = 'laurel.v1.EventService/ListEvents'

test('pages are served over HTTP, by POST and by GET', async () => {
  const ids: string[] = []
  let pageToken = ''
  do {
    const message = JSON.stringify({ titleId: TITLE_ID, pageSize: 2, pageToken })
    const query = new URLSearchParams({ connect: 'v1', encoding: 'json', message })
    const page = await bodyOf(await fetch(`${server.url}/${METHOD}?${query}`))
    expect((await postJson(`${server.url}/${METHOD}`, message)).body).toEqual(page)
    ids.push(...page.events.map(({ eventId }: { eventId: string }) => eventId))
    pageToken = page.nextPageToken ?? ''
  } while (pageToken !== '')
  expect(ids).toHaveLength(3)
  expect(ids.map(BigInt)).toEqual(ids.map(BigInt).toSorted((left, right) => (left < right ? 1 : -1)))
})

test.each([
  ['kinds[0]', { kinds: ['EVENT_KIND_UNSPECIFIED'] }],
  ['order', { order: 9 }],
  ['page_size', { pageSize: -1 }],
  ['end_time', { startTime: '2026-01-02T00:00:00Z', endTime: '2026-01-02T00:00:00Z' }],
])('a wrong %s is rejected with its path', async (field, more) => {
  const { status, body } = await postJson(`${server.url}/${METHOD}`, { titleId: TITLE_ID, ...more })
  expect(status).toBe(400)
  expect(JSON.stringify(body)).toContain(`"field":"${field}"`)
})
