import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ClientDuplexStream, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type BatchItemResult,
  GetPlayerSummaryRequest,
  ProgressServiceClient,
  StreamProgressRequest,
  type StreamProgressResponse,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { type RunningServer, startServer } from '../support/server.ts'

type Stream = ClientDuplexStream<StreamProgressRequest, StreamProgressResponse>

let database: TestDatabase
let server: RunningServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await createFixture(server.address, { marathon: 1_000_000n, plain: undefined })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

function add(playerId: string, requestId = '', achievementId = 'marathon') {
  const quantity = { value: { $case: 'integer' as const, value: 1n } }
  const report = { $case: 'add' as const, value: { requirementId: '', quantity } }
  return { titleId: TITLE_ID, playerId, achievementId, requestId, report }
}

/** Returns all results of a stream once it has ended; rejects with its status. */
function resultsOf(stream: Stream): Promise<BatchItemResult[]> {
  const results: BatchItemResult[] = []
  return new Promise((resolve, reject) => {
    stream.on('data', (response: StreamProgressResponse) => results.push(...response.results))
    stream.on('error', reject)
    stream.on('end', () => resolve(results))
  })
}

const send = (stream: Stream, ...items: object[]) =>
  stream.write(StreamProgressRequest.fromPartial({ items }))

function countIn({ outcome }: BatchItemResult): bigint | string | undefined {
  if (outcome?.$case === 'error') return outcome.value.message
  return outcome?.value.progress?.requirements[0]?.current?.value?.value as bigint | undefined
}

test('items are recorded as they arrive, and results keep their order', async () => {
  using client = createClient(ProgressServiceClient, server.address)
  const stream = client.streamProgress()
  const results = resultsOf(stream)
  for (let index = 0; index < 300; index += 1) send(stream, add('ann'), add(`other-${index % 7}`))
  stream.end()
  const values = (await results).map(countIn)
  expect(values.filter((_, index) => index % 2 === 0)).toEqual(
    Array.from({ length: 300 }, (_, i) => BigInt(i + 1)),
  )
  expect(values).toHaveLength(600)
})

test('an item fails alone, and a repeated request id returns the first response', async () => {
  using client = createClient(ProgressServiceClient, server.address)
  const stream = client.streamProgress()
  const results = resultsOf(stream)
  send(
    stream,
    add('ben', 'one'),
    add('ben', '', 'nothing'),
    add('', ''),
    add('ben', '', 'plain'),
    add('ben', 'one'),
  )
  stream.end()
  expect((await results).map(countIn)).toEqual([
    1n,
    'achievement nothing does not exist in title space-race',
    'player_id must be set',
    'achievement plain: it has no requirement: report a percent or unlock it',
    1n,
  ])
})

test('a message without items ends the stream with INVALID_ARGUMENT', async () => {
  using client = createClient(ProgressServiceClient, server.address)
  const stream = client.streamProgress()
  const results = resultsOf(stream)
  send(stream)
  await expect(results).rejects.toMatchObject({ code: status.INVALID_ARGUMENT })
})

test('a caller that reads no results is slowed down, and loses none', async () => {
  using client = createClient(ProgressServiceClient, server.address)
  const stream = client.streamProgress()
  stream.pause()
  const count = 30_000
  let sent = 0
  const sending = (async () => {
    for (; sent < count; sent += 10) {
      const items = Array.from({ length: 10 }, () => add(`slow-${sent % 50}`))
      if (!send(stream, ...items)) await once(stream, 'drain')
    }
    stream.end()
  })()
  // Until nothing more is sent: the buffers on both sides are full.
  for (let before = -1; before !== sent; await sleep(300)) before = sent
  expect(sent).toBeLessThan(count)
  const results = resultsOf(stream)
  stream.resume()
  await sending
  expect(await results).toHaveLength(count)
})

test('items of a broken stream count once when they are sent again', async () => {
  using client = createClient(ProgressServiceClient, server.address)
  const stream = client.streamProgress()
  const responded = once(stream, 'data')
  for (let index = 0; index < 200; index += 1) send(stream, add('cut', `cut-${index}`))
  await responded
  stream.on('error', () => {})
  stream.cancel()
  using again = createClient(ProgressServiceClient, server.address)
  const retried = again.streamProgress()
  const results = resultsOf(retried)
  for (let index = 0; index < 200; index += 1) send(retried, add('cut', `cut-${index}`))
  retried.end()
  expect((await results).filter(({ outcome }) => outcome?.$case === 'error')).toEqual([])
  const final = again.streamProgress()
  const last = resultsOf(final)
  send(final, add('cut'))
  final.end()
  expect((await last).map(countIn)).toEqual([201n])
  const summary = GetPlayerSummaryRequest.fromPartial({ titleId: TITLE_ID, playerId: 'cut' })
  expect((await callUnary(again, 'getPlayerSummary', summary)).summary?.unlockedCount).toBe(0)
})
