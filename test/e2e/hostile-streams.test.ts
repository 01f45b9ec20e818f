import { once } from 'node:events'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  ImportAchievementsRequest,
  ImportProgressRequest,
  TranslateRequest,
} from '../../src/gen/laurel/v1/exchange_service.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { CODED, UNCODED } from '../support/documents.ts'
import { frame, RawGrpc } from '../support/raw-grpc.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({
    databaseUrl: database.url,
    env: { NODE_OPTIONS: '--max-old-space-size=160' },
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

const EXCHANGE = '/laurel.v1.ExchangeService'
const names = { dialect: CODED, titleId: 'none' }
const STREAMS = [
  [
    `${EXCHANGE}/Translate`,
    TranslateRequest.encode(TranslateRequest.fromPartial({ from: CODED, to: UNCODED })).finish(),
  ],
  [
    `${EXCHANGE}/ImportAchievements`,
    ImportAchievementsRequest.encode(ImportAchievementsRequest.fromPartial(names)).finish(),
  ],
  [
    `${EXCHANGE}/ImportProgress`,
    ImportProgressRequest.encode(ImportProgressRequest.fromPartial(names)).finish(),
  ],
  ['/laurel.v1.ProgressService/StreamProgress', undefined],
] as const

/** Sends a message so many times, as far as the server wants it, and gives the status. */
async function flood(path: string, first: Uint8Array | undefined, message: Uint8Array, count: number) {
  using client = new RawGrpc(server.address)
  const { stream, status: end } = client.open(path)
  if (first !== undefined) stream.write(frame(first))
  const block = Buffer.concat(Array.from({ length: 1000 }, () => frame(message)))
  let isOver = false
  const over = end.finally(() => {
    isOver = true
  })
  for (let sent = 0; sent < count && !isOver; sent += 1000) {
    if (!stream.write(block)) await Promise.race([once(stream, 'drain'), over])
  }
  stream.end()
  return await end
}

test.each(STREAMS)('empty messages take no memory of the server (%s)', async (path, first) => {
  const { code } = await flood(path, first, new Uint8Array(), 1_000_000)
  expect(code).toBe(status.INVALID_ARGUMENT)
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
})
