import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProgressServiceClient, UnlockAchievementRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { type FakePlatform, startFakePlatform } from '../support/fake-platform.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { postJson } from '../support/post-json.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'
import { type CollectedSpan, startTraceCollector, type TraceCollector } from '../support/trace-collector.ts'

const HOOK = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
const TRACE_ID = '0af7651916cd43dd8448eb211c80319c'
const CALLER_SPAN = 'b7ad6b7169203331'
const CONNECT_TRACE_ID = '1af7651916cd43dd8448eb211c80319c'
const GRANT_TRACE_ID = '2af7651916cd43dd8448eb211c80319c'
const parent = (traceId: string) => `00-${traceId}-${CALLER_SPAN}-01`

let database: TestDatabase
let collector: TraceCollector
let platform: FakePlatform
beforeAll(async () => {
  database = await createTestDatabase()
  collector = await startTraceCollector()
  platform = await startFakePlatform()
})
afterAll(async () => {
  await platform.close()
  await collector[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const start = (env: Readonly<Record<string, string>>): Promise<ServerProcess> =>
  startServerProcess({ databaseUrl: database.url, env: { LAUREL_CREDENTIAL_HOOK: HOOK, ...env } })

async function unlock(server: ServerProcess, playerId: string, metadata: Readonly<Record<string, string>>) {
  using client = createClient(ProgressServiceClient, server.address)
  const request = UnlockAchievementRequest.fromPartial({
    titleId: TITLE_ID,
    playerId,
    achievementId: 'first',
  })
  await callUnary(client, 'unlockAchievement', request, { metadata })
}

const named = (name: string) => collector.spans.filter((span) => span.name === name)

test('a trace leads from the caller over the batch and the database to the delivery, which another server makes later', async () => {
  {
    // Delivers nothing, so that the delivery needs the stored trace.
    await using server = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, LAUREL_RELAY: 'off' })
    await createFixture(server.address, { first: undefined })
    const destination = {
      titleId: TITLE_ID,
      destinationId: 'hook',
      dialect: 'webhook',
      url: platform.url,
      credential: 'env:LAUREL_CREDENTIAL_HOOK',
    }
    await postJson(`${server.url}/laurel.v1.DestinationService/CreateDestination`, { destination })
    await unlock(server, 'ann', { traceparent: parent(TRACE_ID) })
    await unlock(server, 'bob', {})
    const key = { titleId: TITLE_ID, playerId: 'ann', achievementId: 'first' }
    const headers = { traceparent: parent(CONNECT_TRACE_ID) }
    await postJson(`${server.url}/laurel.v1.ProgressService/GetProgress`, key, headers)
    const grant = { titleId: TITLE_ID, playerId: 'cara', achievementId: 'first', reason: 'lost to a crash' }
    const grantHeaders = { traceparent: parent(GRANT_TRACE_ID) }
    await postJson(`${server.url}/laurel.v1.ProgressService/GrantAchievement`, grant, grantHeaders)
    // Spans that wait are sent before the exit.
    expect(await server.kill('SIGTERM')).toBe(0)
  }
  const calls = named('laurel.v1.ProgressService/UnlockAchievement')
  const [call] = calls.filter(({ traceId }) => traceId === TRACE_ID) as [CollectedSpan]
  expect(call).toMatchObject({
    parentSpanId: CALLER_SPAN,
    attributes: { 'rpc.system.name': 'grpc', 'rpc.response.status_code': 'OK' },
  })
  // A call without a trace begins its own.
  expect(calls).toHaveLength(2)
  const batches = named('write reports').filter(({ links }) => links.includes(`${TRACE_ID}-${call.spanId}`))
  const statements = collector.spans.filter(({ name }) => name.startsWith('postgresql'))
  const inBatch = statements.filter(({ parentSpanId }) =>
    batches.some(({ spanId }) => spanId === parentSpanId),
  )
  expect(inBatch).not.toEqual([])
  const [read] = named('laurel.v1.ProgressService/GetProgress') as [CollectedSpan]
  expect(read).toMatchObject({ traceId: CONNECT_TRACE_ID, attributes: { 'rpc.system.name': 'connectrpc' } })
  expect(
    collector.spans.filter(({ parentSpanId }) => parentSpanId === read.spanId).map(({ name }) => name),
  ).toContain('postgresql read')

  await using later = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
  await expect.poll(() => platform.received.length).toBe(3)
  expect(await later.kill('SIGTERM')).toBe(0)
  const [delivery] = named('deliver events').filter(({ traceId }) => traceId === TRACE_ID) as [CollectedSpan]
  expect(delivery).toMatchObject({
    parentSpanId: call.spanId,
    attributes: { 'laurel.destination_id': 'hook' },
  })
  expect(named('deliver events').map(({ traceId }) => traceId)).toContain(GRANT_TRACE_ID)
  const [request] = named('POST').filter(({ parentSpanId }) => parentSpanId === delivery.spanId) as [
    CollectedSpan,
  ]
  expect(request.attributes).toMatchObject({ 'http.response.status_code': 200 })
  const sent = platform.received.map(({ headers }) => headers['traceparent'])
  expect(sent).toContain(`00-${TRACE_ID}-${request.spanId}-01`)
})

test('without a variable of OpenTelemetry nothing is exported, and a sampler decides which traces are', async () => {
  const before = collector.spans.length
  {
    await using server = await start({ LAUREL_RELAY: 'off' })
    await unlock(server, 'off', { traceparent: parent(TRACE_ID) })
    await server.kill('SIGTERM')
  }
  {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    }
    await using server = await start(env)
    await unlock(server, 'unsampled', {})
    await unlock(server, 'malformed', { traceparent: 'of no trace' })
    await server.kill('SIGTERM')
  }
  expect(collector.spans.length).toBe(before)
  await expect(start({ OTEL_TRACES_EXPORTER: 'otlp', OTEL_TRACES_SAMPLER: 'sometimes' })).rejects.toThrow(
    'OTEL_TRACES_SAMPLER must be one of',
  )
})
