import { setTimeout as sleep } from 'node:timers/promises'
import { type ServiceError, status } from '@grpc/grpc-js'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  AchievementServiceClient,
  UpdateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { EventKind } from '../../src/gen/laurel/v1/event.ts'
import { ProgressState, ProgressView } from '../../src/gen/laurel/v1/progress.ts'
import {
  BatchRecordProgressRequest,
  ProgressServiceClient,
  RecordProgressRequest,
  ResetProgressRequest,
  RestoreAchievementRequest,
  RevokeAchievementRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { writeResumeToken } from '../../src/service/events/resume-token.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { errorInfoOf } from '../support/error-info.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { untilWithin } from '../support/quickly.ts'
import { type RunningServer, startServer, startServerProcess } from '../support/server.ts'
import { startWatch, Watch } from '../support/watch.ts'

let database: TestDatabase
let server: RunningServer
let other: RunningServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  other = await startServer({ databaseUrl: database.url })
  await createFixture(server.address, { marathon: 1_000_000n, plain: undefined })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await other[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const watching = { titleId: TITLE_ID }

async function reach(playerId: string, value: number, requestId = '') {
  using client = createClient(ProgressServiceClient, server.address)
  const quantity = { value: { $case: 'integer' as const, value: BigInt(value) } }
  const report = { $case: 'reach' as const, value: { requirementId: '', quantity } }
  const request = { titleId: TITLE_ID, playerId, achievementId: 'marathon', report, requestId }
  await callUnary(client, 'recordProgress', RecordProgressRequest.fromPartial(request))
}

test('a watch receives all events in order, on any server', async () => {
  await using watch = await startWatch(other.address, watching)
  using client = createClient(ProgressServiceClient, server.address)
  using definitions = createClient(AchievementServiceClient, server.address)
  const key = { titleId: TITLE_ID, playerId: 'ann', achievementId: 'marathon' }
  await reach('ann', 500_000, 'r-1')
  await reach('ann', 1_000_000)
  await callUnary(
    client,
    'revokeAchievement',
    RevokeAchievementRequest.fromPartial({ ...key, reason: 'cheated' }),
  )
  await callUnary(client, 'restoreAchievement', RestoreAchievementRequest.fromPartial(key))
  await callUnary(client, 'resetProgress', ResetProgressRequest.fromPartial(key))
  const achievement = { titleId: TITLE_ID, achievementId: 'plain', hidden: true }
  const update = UpdateAchievementRequest.fromPartial({ achievement, updateMask: ['hidden'] })
  await callUnary(definitions, 'updateAchievement', update)
  await watch.until(({ events }) => events.length >= 6)
  expect(watch.events.map(({ kind }) => kind)).toEqual([
    EventKind.PROGRESSED,
    EventKind.UNLOCKED,
    EventKind.REVOKED,
    EventKind.RESTORED,
    EventKind.RESET,
    EventKind.DEFINITION_CHANGED,
  ])
  const [progressed, unlocked, revoked, , , changed] = watch.events
  expect(progressed).toMatchObject({
    ...key,
    percent: 50,
    state: ProgressState.IN_PROGRESS,
    requestId: 'r-1',
  })
  expect(progressed?.unlockTime).toBeUndefined()
  expect(unlocked).toMatchObject({ ...key, percent: 100, state: ProgressState.ACHIEVED })
  expect(unlocked?.unlockTime).toEqual(unlocked?.time)
  expect(revoked?.reason).toBe('cheated')
  expect(changed).toMatchObject({ playerId: '', achievementId: 'plain', state: ProgressState.UNSPECIFIED })
})

test('a report that changes nothing makes no event', async () => {
  await reach('idle', 10)
  await using watch = await startWatch(server.address, watching)
  await reach('idle', 10)
  await reach('idle', 5)
  await reach('idle', 11)
  await watch.until(({ events }) => events.length > 0)
  expect(watch.events).toMatchObject([{ playerId: 'idle' }])
  expect(watch.events).toHaveLength(1)
})

test('a watch resumes on another server without a gap or a repeated event', async () => {
  const first = await startWatch(server.address, watching)
  await reach('bob', 1)
  await first.until(({ events }) => events.length === 1)
  await first[Symbol.asyncDispose]()
  await reach('bob', 2)
  await reach('bob', 3)
  await using second = await startWatch(other.address, { ...watching, resumeToken: first.resumeToken })
  await reach('bob', 4)
  await second.until(({ events }) => events.length === 3)
  const ids = [...first.ids, ...second.ids]
  expect(new Set(ids).size).toBe(4)
  expect(ids.toSorted((left, right) => Number(left) - Number(right))).toEqual(ids)
})

test('a token from a server with a later safe position is valid on another server', async () => {
  const transaction = new pg.Client({ connectionString: database.url })
  await transaction.connect()
  await using first = await startWatch(server.address, watching)
  await reach('ivan', 1)
  await first.until(({ events }) => events.length === 1)
  // An open transaction holds an event id: a server that starts now cannot read past it.
  await transaction.query('begin')
  await transaction.query(`insert into events (player_id, title_id, achievement_id, kind, time, state, percent, actor,
    reason, request_id) values ('held', 'elsewhere', '', 'progressed', 0, 'in_progress', 0, '', '', '')`)
  const starting = await startServer({ databaseUrl: database.url })
  await using second = await startWatch(starting.address, { ...watching, resumeToken: first.resumeToken })
  await reach('ivan', 2)
  await transaction.query('rollback')
  await transaction.end()
  await second.until(({ events }) => events.length === 1)
  expect(second.events).toMatchObject([{ playerId: 'ivan' }])
  await starting[Symbol.asyncDispose]()
})

test('an event must match every filter, and events that do not match move the token on', async () => {
  const only = { playerIds: ['carla'], kinds: [EventKind.PROGRESSED], achievementIds: ['marathon'] }
  await using watch = await startWatch(server.address, {
    ...watching,
    filter: only,
    heartbeat: { seconds: 1n, nanos: 0 },
  })
  const token = watch.resumeToken
  await reach('dora', 1)
  await reach('carla', 1)
  await watch.until(({ events }) => events.length === 1)
  await reach('carla', 1_000_000)
  await reach('dora', 2)
  const { responses } = watch
  await watch.until((now) => now.responses > responses)
  expect(watch.events).toMatchObject([{ playerId: 'carla', percent: 0 }])
  expect(watch.resumeToken).not.toBe(token)
})

test('from_oldest sends every stored event', async () => {
  await using live = await startWatch(server.address, watching)
  await reach('erik', 1)
  await live.until(({ events }) => events.length === 1)
  await using watch = await startWatch(server.address, { ...watching, fromOldest: true })
  await watch.until(({ ids }) => ids.includes(live.ids[0] as string))
  expect(watch.ids.length).toBeGreaterThan(6)
  expect(new Set(watch.ids).size).toBe(watch.ids.length)
})

test('the view of a player leaves out actor, reason and request id', async () => {
  const filter = { playerIds: ['fred'] }
  const view = ProgressView.PLAYER
  await using watch = await startWatch(server.address, { ...watching, filter, view })
  await reach('fred', 1, 'r-fred')
  await watch.until(({ events }) => events.length === 1)
  expect(watch.events).toMatchObject([{ actor: '', reason: '', requestId: '' }])
})

test('a token of another title, of the future or of no watch is rejected', async () => {
  const other = writeResumeToken('another', 1n)
  const future = writeResumeToken(TITLE_ID, 999_999_999n)
  for (const resumeToken of ['nonsense', other, future]) {
    const error = await new Watch(server.address, { ...watching, resumeToken }).ended()
    expect(error.code).toBe(status.INVALID_ARGUMENT)
    expect(errorInfoOf(error).reason).toBe('RESUME_TOKEN_INVALID')
  }
})

test('a title that does not exist and a heartbeat out of bounds are rejected', async () => {
  const nowhere = await new Watch(server.address, { titleId: 'nowhere' }).ended()
  expect(nowhere.code).toBe(status.NOT_FOUND)
  const still = await new Watch(server.address, { ...watching, heartbeat: { seconds: 0n, nanos: 5 } }).ended()
  expect(still.code).toBe(status.INVALID_ARGUMENT)
})

test('a token whose events were purged is rejected with the oldest valid token', async () => {
  await using first = await startWatch(server.address, watching)
  await reach('gina', 1)
  await first.until(({ events }) => events.length === 1)
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const last = first.ids[0]
  await client.query('insert into event_marks (position, time) values ($1, 17000000000000000)', [last])
  await client.query('delete from event_marks where position < $1', [last])
  const old = writeResumeToken(TITLE_ID, 0n)
  const error = await new Watch(server.address, { ...watching, resumeToken: old }).ended()
  expect(error.code).toBe(status.OUT_OF_RANGE)
  const { reason, metadata } = errorInfoOf(error)
  expect([reason, metadata.get('oldest_time')]).toEqual(['RESUME_TOKEN_EXPIRED', '2023-11-14T22:13:20Z'])
  const resumeToken = metadata.get('oldest_resume_token') ?? ''
  await using watch = await startWatch(server.address, { ...watching, resumeToken })
  await reach('gina', 2)
  await watch.until(({ events }) => events.length === 1)
  await client.query('insert into event_marks (position, time) values (0, 0)')
  await client.end()
})

test('a client that does not read is disconnected, can resume, and delays no other watch', async () => {
  await using slow = await startWatch(server.address, watching)
  await using quick = await startWatch(server.address, watching)
  using client = createClient(ProgressServiceClient, server.address)
  const reason = 'x'.repeat(100)
  let sent = 0
  const play = async (round: number) => {
    const items = Array.from({ length: 1000 }, (_, index) => {
      const quantity = { value: { $case: 'integer' as const, value: BigInt(round) } }
      const report = { $case: 'reach' as const, value: { requirementId: '', quantity } }
      return {
        titleId: TITLE_ID,
        playerId: `crowd-${index}`,
        achievementId: 'marathon',
        requestId: `${reason}-${round}-${index}`,
        report,
      }
    })
    await callUnary(client, 'batchRecordProgress', BatchRecordProgressRequest.fromPartial({ items }))
    sent += items.length
    await quick.until(({ events }) => events.length === sent)
  }
  for (let life = 0; slow.error === undefined; life += 1) {
    slow.pause()
    for (let round = 1; round <= 12; round += 1) await play(12 * life + round)
    // Longer than the server's write timeout of 30 seconds, and longer each time, because the server may be slow itself.
    await sleep(32_000 + 30_000 * life)
    slow.resume()
    await slow.until(({ events }) => events.length >= sent).catch(() => {})
  }
  const { error } = slow
  expect(error.code).toBe(status.UNAVAILABLE)
  expect(errorInfoOf(error)).toMatchObject({ reason: 'WATCH_TOO_SLOW' })
  const resumeToken = slow.resumeToken
  await using again = await startWatch(other.address, { ...watching, resumeToken })
  await again.until(({ events }) => slow.events.length + events.length >= sent)
  expect([...slow.ids, ...again.ids]).toEqual(quick.ids)
})

test('a server that stops ends its watches at once, with a resume token', async () => {
  let error: ServiceError | undefined
  await untilWithin(8_000, async () => {
    const stopping = await startServerProcess({ databaseUrl: database.url })
    const watch = await startWatch(stopping.address, watching)
    const before = performance.now()
    expect(await stopping.kill('SIGTERM')).toBe(0)
    error = await watch.ended()
    return performance.now() - before
  })
  expect(errorInfoOf(error as ServiceError)).toMatchObject({ reason: 'SERVER_STOPPING' })
  const resumeToken = errorInfoOf(error as ServiceError).metadata.get('resume_token') ?? ''
  await reach('hugo', 7)
  await using again = await startWatch(other.address, { ...watching, resumeToken })
  await again.until(({ events }) => events.some(({ playerId }) => playerId === 'hugo'))
})
