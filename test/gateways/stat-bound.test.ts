import '../support/toy-listed.ts'
import { rmSync } from 'node:fs'
import { Metadata, type ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AchievementServiceClient,
  CreateAchievementRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { CreatePlayerRequest, PlayerServiceClient } from '../../src/gen/laurel/v1/player_service.ts'
import {
  BatchRecordProgressRequest,
  GetProgressRequest,
  ProgressServiceClient,
  RecordProgressRequest,
  RecordStatsRequest,
  StatOperation,
  StreamProgressRequest,
  UnlockAchievementRequest,
} from '../../src/gen/laurel/v1/progress_service.ts'
import { StatWriter } from '../../src/gen/laurel/v1/stat.ts'
import { CreateStatRequest, StatServiceClient } from '../../src/gen/laurel/v1/stat_service.ts'
import { CreateTitleRequest, TitleServiceClient } from '../../src/gen/laurel/v1/title_service.ts'
import { createAuth } from '../support/auth.ts'
import { accountsOf, BINDINGS, idsOf } from '../support/bound-title.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { fixtures, type RouteTarget } from '../support/dialect-fixtures.ts'
import { errorInfoOf } from '../support/error-info.ts'
import { REPORTING_CALLS, send } from '../support/routes.ts'
import { type ServerProcess, startServerProcess } from '../support/server.ts'

const titleId = 'hunt'
const key = { titleId, playerId: 'ann', achievementId: 'hunter' }
const integer = (value: bigint) => ({ value: { $case: 'integer' as const, value } })

let database: TestDatabase
let server: ServerProcess
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: Readonly<Record<'player' | 'service', string>>

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([titleId])
  server = await startServerProcess({ databaseUrl: database.url, env: auth.env, withToy: true })
  tokens = { service: auth.service, player: await auth.player('ann') }
  using titles = createClient(TitleServiceClient, server.address)
  using stats = createClient(StatServiceClient, server.address)
  using achievements = createClient(AchievementServiceClient, server.address)
  using players = createClient(PlayerServiceClient, server.address)
  const settings = { metadata: { authorization: `Bearer ${auth.operator}` } }
  const bindings = new Map(
    Object.entries(BINDINGS).map(([dialect, ids]) => [dialect, { ids: new Map(Object.entries(ids)) }]),
  )
  const title = { titleId, displayName: titleId, defaultLocale: 'en', bindings }
  await callUnary(titles, 'createTitle', CreateTitleRequest.fromPartial({ title }), settings)
  const stat = { titleId, statCode: 'kills', setBy: StatWriter.SERVER }
  await callUnary(stats, 'createStat', CreateStatRequest.fromPartial({ stat }), settings)
  const achievement = {
    titleId,
    achievementId: 'hunter',
    name: { locale: 'en', text: 'Hunter' },
    ids: new Map(Object.entries(idsOf(0))),
    requirements: [{ requirementId: 'kills', statCode: 'kills', target: integer(10n) }],
  }
  await callUnary(
    achievements,
    'createAchievement',
    CreateAchievementRequest.fromPartial({ achievement }),
    settings,
  )
  const accounts = Object.entries(accountsOf(0)).map(([dialect, accountId]) => ({ dialect, accountId }))
  const player = { playerId: 'ann', accounts }
  await callUnary(players, 'createPlayer', CreatePlayerRequest.fromPartial({ player }), settings)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

const REPORTS = {
  'percent 100': { $case: 'percent', value: 100 },
  'percent 1': { $case: 'percent', value: 1 },
  reach: { $case: 'reach', value: { requirementId: 'kills', quantity: integer(10n) } },
  'reach of the only requirement': { $case: 'reach', value: { requirementId: '', quantity: integer(1n) } },
  add: { $case: 'add', value: { requirementId: 'kills', quantity: integer(10n) } },
} as const

type Refusal = Readonly<{ reason: string; message: string }>

async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => undefined,
    (thrown: ServiceError) => thrown,
  )
  return { reason: error === undefined ? '' : errorInfoOf(error).reason, message: error?.message ?? '' }
}

/** Each way over gRPC to report an achievement. Returns the refusal. */
const OVER_GRPC: Readonly<Record<string, (token: string) => Promise<Refusal>>> = {
  ...Object.fromEntries(
    Object.entries(REPORTS).map(([name, report]) => [
      `RecordProgress, ${name}`,
      async (token: string) => {
        using client = createClient(ProgressServiceClient, server.address)
        const request = RecordProgressRequest.fromPartial({ ...key, report })
        return await refusalOf(
          callUnary(client, 'recordProgress', request, { metadata: { authorization: `Bearer ${token}` } }),
        )
      },
    ]),
  ),
  async UnlockAchievement(token) {
    using client = createClient(ProgressServiceClient, server.address)
    const request = UnlockAchievementRequest.fromPartial(key)
    return await refusalOf(
      callUnary(client, 'unlockAchievement', request, { metadata: { authorization: `Bearer ${token}` } }),
    )
  },
  async BatchRecordProgress(token) {
    using client = createClient(ProgressServiceClient, server.address)
    const items = Object.values(REPORTS).map((report) => ({ ...key, report }))
    const request = BatchRecordProgressRequest.fromPartial({ items })
    const settings = { metadata: { authorization: `Bearer ${token}` } }
    const { results } = await callUnary(client, 'batchRecordProgress', request, settings)
    const errors = results.map(({ outcome }) => (outcome?.$case === 'error' ? outcome.value.message : 'none'))
    expect(errors).toEqual(errors.map(() => expect.stringContaining('follows stat kills')))
    return { reason: 'REQUIREMENT_FOLLOWS_STAT', message: errors[0] ?? '' }
  },
}

async function progressOfHunter() {
  using client = createClient(ProgressServiceClient, server.address)
  const settings = { metadata: { authorization: `Bearer ${auth.operator}` } }
  const request = GetProgressRequest.fromPartial(key)
  const { progress } = await callUnary(client, 'getProgress', request, settings)
  return { state: progress?.state, percent: progress?.percent }
}

test('every gateway is tried', () => {
  const withGateway = [...fixtures].filter(([, { gateway }]) => gateway !== undefined).map(([id]) => id)
  expect([...new Set(REPORTING_CALLS.map(([, { dialect }]) => dialect))]).toEqual(withGateway)
})

describe.each(['player', 'service'] as const)(
  'a %s cannot change an achievement that follows a stat',
  (principal) => {
    test.each(Object.keys(OVER_GRPC))('by %s', async (way) => {
      const refusal = await OVER_GRPC[way]?.(tokens[principal])
      expect(refusal).toMatchObject({
        reason: 'REQUIREMENT_FOLLOWS_STAT',
        message: expect.stringContaining('stat kills'),
      })
      expect(await progressOfHunter()).toMatchObject({ percent: 0 })
    })

    test('by StreamProgress', async () => {
      using client = createClient(ProgressServiceClient, server.address)
      const metadata = new Metadata()
      metadata.set('authorization', `Bearer ${tokens[principal]}`)
      const stream = client.streamProgress(metadata)
      const items = Object.values(REPORTS).map((report) => ({ ...key, report }))
      stream.write(StreamProgressRequest.fromPartial({ items }))
      stream.end()
      const messages: string[] = []
      for await (const { results } of stream) {
        for (const { outcome } of results) {
          messages.push(outcome?.$case === 'error' ? outcome.value.message : 'none')
        }
      }
      expect(messages).toHaveLength(items.length)
      expect(messages).toEqual(messages.map(() => expect.stringContaining('follows stat kills')))
      expect(await progressOfHunter()).toMatchObject({ percent: 0 })
    })

    test.each(REPORTING_CALLS)('by %s', async (_, mounted, call) => {
      const { mount, dialect } = mounted
      const target: RouteTarget = {
        mount,
        title: 'own',
        player: 'ann',
        binding: BINDINGS[dialect] ?? {},
        account: accountsOf(0)[dialect] ?? '',
        achievementId: () => idsOf(0)[dialect] ?? 'hunter',
      }
      const credential = { token: tokens[principal], caller: principal }
      // A path may name the code.
      const response = await send(server.url, mounted, call, target, credential, { code: 'hunter' })
      expect(response.status).toBeGreaterThanOrEqual(400)
      expect(response.status).toBeLessThan(500)
      expect(await response.text()).toContain('kills')
      expect(await progressOfHunter()).toMatchObject({ percent: 0 })
    })
  },
)

test('the stat moves it', async () => {
  using client = createClient(ProgressServiceClient, server.address)
  const settings = { metadata: { authorization: `Bearer ${auth.service}` } }
  const updates = [{ statCode: 'kills', operation: StatOperation.SET, value: 10 }]
  const request = RecordStatsRequest.fromPartial({ titleId, playerId: 'ann', updates })
  await callUnary(client, 'recordStats', request, settings)
  expect(await progressOfHunter()).toMatchObject({ percent: 100 })
  // An unlock that happened already is success for every later report.
  const again = UnlockAchievementRequest.fromPartial(key)
  expect(await callUnary(client, 'unlockAchievement', again, settings)).toMatchObject({
    alreadyUnlocked: true,
  })
})
