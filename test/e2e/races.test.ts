import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  GetPlayerSummaryRequest,
  ProgressServiceClient,
  RecordProgressRequest,
  UnlockAchievementRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let servers: readonly RunningServer[]

beforeAll(async () => {
  database = await createTestDatabase()
  servers = await Promise.all([1, 2].map(() => startServer({ databaseUrl: database.url })))
  await createFixture(servers[0]?.address ?? '', { 'first-lap': undefined, marathon: 1000n })
})
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const clients = () => servers.map(({ address }) => createClient(ProgressServiceClient, address))
const rows = async (statement: string) => {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const result = await client.query(statement)
  await client.end()
  return result.rows
}

test('64 concurrent unlocks on two servers have one newly_unlocked, one time and one event', async () => {
  const request = UnlockAchievementRequest.fromPartial({
    titleId: TITLE_ID,
    playerId: 'ann',
    achievementId: 'first-lap',
  })
  const [one, two] = clients()
  if (one === undefined || two === undefined) throw new Error('two servers must be running')
  const responses = await Promise.all(
    Array.from({ length: 64 }, (_, index) => callUnary(index % 2 ? one : two, 'unlockAchievement', request)),
  )
  expect(responses.filter(({ newlyUnlocked }) => newlyUnlocked)).toHaveLength(1)
  expect(responses.filter(({ alreadyUnlocked }) => alreadyUnlocked)).toHaveLength(63)
  const times = responses.map(
    ({ progress }) => `${progress?.unlockTime?.seconds}.${progress?.unlockTime?.nanos}`,
  )
  expect(new Set(times).size).toBe(1)
  expect(await rows(`select kind from events where player_id = 'ann'`)).toEqual([{ kind: 'unlocked' }])
  const summary = GetPlayerSummaryRequest.fromPartial({ titleId: TITLE_ID, playerId: 'ann' })
  expect(await callUnary(one, 'getPlayerSummary', summary)).toMatchObject({ summary: { unlockedCount: 1 } })
  for (const client of [one, two]) client.close()
})

test('an add that is sent to two servers at once under one request id counts once', async () => {
  const [one, two] = clients()
  if (one === undefined || two === undefined) throw new Error('two servers must be running')
  const quantity = { value: { $case: 'integer' as const, value: 1n } }
  const adds = Array.from({ length: 50 }, (_, index) =>
    RecordProgressRequest.fromPartial({
      titleId: TITLE_ID,
      playerId: 'bob',
      achievementId: 'marathon',
      report: { $case: 'add', value: { quantity } },
      requestId: `add-${index}`,
    }),
  )
  await Promise.all(
    adds.flatMap((add) => [one, two].map((client) => callUnary(client, 'recordProgress', add))),
  )
  const stored = await rows(`select values->>'count' as count from progress where player_id = 'bob'`)
  expect(stored).toEqual([{ count: '50' }])
  for (const client of [one, two]) client.close()
})
