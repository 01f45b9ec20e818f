import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AchievementServiceClient,
  CreateAchievementRequest,
  ListAchievementsRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import {
  ExchangeServiceClient,
  ImportProgressRequest,
  type ImportProgressResponse,
} from '../../src/gen/laurel/v1/exchange_service.ts'
import {
  ListProgressRequest,
  ProgressServiceClient,
  RecordProgressRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { GetTitleRequest, TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { CODED } from '../support/documents.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer
beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await createFixture(server.address, { a: undefined, b: undefined, count: 10n })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Returns a page token with other bytes from an index on. */
function forge(token: string, start: number, bytes: Uint8Array): string {
  return Buffer.concat([Buffer.from(token, 'base64url').subarray(0, start), bytes]).toString('base64url')
}

describe('a forged page token', () => {
  test.each([
    ['another list', 0, Buffer.alloc(24)],
    ['no item', 16, Buffer.alloc(0)],
    ['items that do not exist', 16, randomBytes(800)],
    ['part of an item', 16, randomBytes(9)],
    ['an item twice', 16, Buffer.alloc(16)],
    ['more items than a token holds', 16, randomBytes(800_008)],
  ])('with %s is a page or an invalid argument', async (_, start, bytes) => {
    using achievements = createClient(AchievementServiceClient, server.address)
    using progress = createClient(ProgressServiceClient, server.address)
    const list = (pageToken: string) => {
      const request = ListAchievementsRequest.fromPartial({ titleId: TITLE_ID, pageSize: 1, pageToken })
      return callUnary(achievements, 'listAchievements', request)
    }
    const listOfPlayer = (pageToken: string) => {
      const request = { titleId: TITLE_ID, playerId: 'ann', pageSize: 1, pageToken }
      return callUnary(progress, 'listProgress', ListProgressRequest.fromPartial(request))
    }
    for (const page of [list, listOfPlayer]) {
      const { nextPageToken } = await page('')
      const outcome = await page(forge(nextPageToken, start, bytes)).then(
        () => 'OK',
        ({ details }) => details,
      )
      expect(['OK', 'page_token was not returned by this list: start again without a token']).toContain(
        outcome,
      )
    }
  })
})

function definition(achievementId: string, more: Partial<CreateAchievementRequest['achievement']> = {}) {
  const text = { locale: 'en', text: achievementId, translations: new Map() }
  return { titleId: TITLE_ID, achievementId, name: text, description: text, ...more }
}

describe('a definition', () => {
  test('after one at the largest list order gets that order too', async () => {
    using client = createClient(AchievementServiceClient, server.address)
    const create = (id: string, listOrder: number) => {
      const request = CreateAchievementRequest.fromPartial({ achievement: definition(id, { listOrder }) })
      return callUnary(client, 'createAchievement', request)
    }
    await create('last', 2 ** 31 - 1)
    expect((await create('later', 0)).achievement?.listOrder).toBe(2 ** 31 - 1)
  })

  test.each([
    ['a member that looks like one of ours', '{"n":{"$bigint":"5"},"m":{"$bigint":"x"}}'],
    ['a member called __proto__', '{"__proto__":{"a":1}}'],
  ])('with %s is returned unchanged when its request id is repeated', async (_, extension) => {
    using client = createClient(AchievementServiceClient, server.address)
    const achievement = definition(`again-${extension.length}`, {
      extensions: new Map([['toy', extension]]),
    })
    const request = CreateAchievementRequest.fromPartial({ achievement, requestId: extension })
    const first = await callUnary(client, 'createAchievement', request)
    expect(await callUnary(client, 'createAchievement', request)).toEqual(first)
  })

  test('with an integer that Postgres cannot store is rejected', async () => {
    using client = createClient(AchievementServiceClient, server.address)
    const extensions = new Map([['toy', `{"a":${'9'.repeat(200_000)}}`]])
    const request = CreateAchievementRequest.fromPartial({ achievement: definition('huge', { extensions }) })
    await expect(callUnary(client, 'createAchievement', request)).rejects.toThrow(
      'the number is out of range',
    )
  })
})

test('a count above the largest int64 is returned as the largest int64', async () => {
  using client = createClient(ProgressServiceClient, server.address)
  const quantity = { value: { $case: 'double' as const, value: 1e300 } }
  const request = RecordProgressRequest.fromPartial({
    titleId: TITLE_ID,
    playerId: 'ann',
    achievementId: 'count',
    report: { $case: 'reach', value: { quantity } },
  })
  const { progress } = await callUnary(client, 'recordProgress', request)
  expect(progress?.requirements[0]?.current?.value).toEqual({ $case: 'integer', value: 2n ** 63n - 1n })
})

test('an import of progress does not create the title', async () => {
  using exchange = createClient(ExchangeServiceClient, server.address)
  using titles = createClient(TitleServiceClient, server.address)
  const call = exchange.importProgress()
  const content = Buffer.from('[]')
  call.write(ImportProgressRequest.fromPartial({ dialect: CODED, titleId: 'ghost', content }))
  call.end()
  const responses: ImportProgressResponse[] = []
  await expect(async () => {
    for await (const response of call) responses.push(response)
  }).rejects.toThrow('title ghost does not exist')
  expect(responses).toEqual([])
  const get = callUnary(titles, 'getTitle', GetTitleRequest.fromPartial({ titleId: 'ghost' }))
  await expect(get).rejects.toThrow('title ghost does not exist')
})
