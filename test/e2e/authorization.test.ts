import { rmSync } from 'node:fs'
import { credentials, Metadata, makeClientConstructor, type ServiceError, status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BatchItemResult } from '../../src/gen/laurel/v1/progress_service.ts'
import { createAuth } from '../support/auth.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { RPC_REQUESTS, RPCS, type Rpc, type Target } from '../support/rpc-requests.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const OWN = 'space-race'
const OTHER = 'sea-battle'
const SELF = 'ann'
const SOMEBODY = 'ben'

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>
let tokens: Readonly<Record<string, string | undefined>>

type Who = 'operator' | 'service' | 'player' | 'anonymous'

/** Each kind of operation: who may, of which title and which player. Nobody who is unknown may do anything. */
const MAY = {
  /** Whoever is known. */
  anybody: () => true,
  /** Those who run all of it. */
  running: (who: Who) => who === 'operator',
  /** Those who look after the title. */
  tending,
  /** They, and players for themselves. */
  playing: (who: Who, target: Target) =>
    tending(who, target) || (who === 'player' && target.title === OWN && target.player === SELF),
  /** Those who run all of it, and the player whom it is about. */
  knowing: (who: Who, { player }: Target) => who === 'operator' || (who === 'player' && player === SELF),
} as const

function tending(who: Who, { title }: Target): boolean {
  return who === 'operator' || (who === 'service' && title === OWN)
}

const TABLE: Readonly<Record<string, keyof typeof MAY>> = {
  createAchievement: 'tending',
  getAchievement: 'tending',
  listAchievements: 'tending',
  updateAchievement: 'tending',
  deleteAchievement: 'running',
  reorderAchievement: 'tending',
  batchGetAchievements: 'tending',
  createDestination: 'tending',
  getDestination: 'tending',
  listDestinations: 'tending',
  updateDestination: 'tending',
  deleteDestination: 'running',
  pauseDestination: 'tending',
  resumeDestination: 'tending',
  testDestination: 'tending',
  listDeliveries: 'tending',
  getDelivery: 'tending',
  replayDelivery: 'tending',
  replayDeliveries: 'tending',
  listAchievementDeliveries: 'tending',
  listDialects: 'anybody',
  translate: 'anybody',
  importAchievements: 'tending',
  importProgress: 'tending',
  exportAchievements: 'tending',
  exportProgress: 'tending',
  createPlayer: 'running',
  getPlayer: 'knowing',
  listPlayers: 'running',
  updatePlayer: 'running',
  deletePlayer: 'running',
  linkAccount: 'running',
  unlinkAccount: 'running',
  findPlayer: 'running',
  recordProgress: 'playing',
  'recordProgress, at a stated time': 'tending',
  unlockAchievement: 'playing',
  recordStats: 'playing',
  batchRecordProgress: 'playing',
  streamProgress: 'playing',
  watchProgress: 'tending',
  'watchProgress, as the player sees it': 'playing',
  getProgress: 'tending',
  listProgress: 'tending',
  'listProgress, as the player sees it': 'playing',
  revokeAchievement: 'tending',
  restoreAchievement: 'tending',
  resetProgress: 'running',
  getPlayerSummary: 'playing',
  createStat: 'tending',
  getStat: 'tending',
  listStats: 'tending',
  updateStat: 'tending',
  deleteStat: 'running',
  listStatValues: 'playing',
  createTitle: 'tending',
  getTitle: 'tending',
  listTitles: 'running',
  updateTitle: 'tending',
  deleteTitle: 'running',
}

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([OWN])
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  tokens = {
    operator: auth.operator,
    service: auth.service,
    player: await auth.player(SELF),
    anonymous: undefined,
  }
  for (const title of [OWN, OTHER]) {
    const made = [
      await ask(
        'createTitle',
        { title: { titleId: title, displayName: title, defaultLocale: 'en' } },
        auth.operator,
      ),
      await ask('createStat', { stat: { titleId: title, statCode: 'kills', setBy: 1 } }, auth.operator),
      ...(await Promise.all(
        ['a', 'gone'].map((achievementId) => {
          const text = { locale: 'en', text: achievementId }
          const achievement = { titleId: title, achievementId, name: text, description: text }
          return ask('createAchievement', { achievement }, auth.operator)
        }),
      )),
    ]
    expect(made).toEqual(made.map(() => status.OK))
  }
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

interface OutcomeByEntry {
  readonly results?: BatchItemResult[]
  readonly resumeToken?: string
}

/** Calls a method of whatever kind, and gives the status of its answer. */
function ask(name: string, request: object, token: string | undefined): Promise<status> {
  const { definition, complete } = RPCS.get(name.split(',')[0] as string) as Rpc
  const { requestStream, responseStream } = definition
  const Client = makeClientConstructor({ call: definition }, 'test')
  const client = new Client(server.address, credentials.createInsecure())
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const message = complete(request)
  return new Promise<status>((resolve) => {
    const done = (error: ServiceError | null) => resolve(error === null ? status.OK : error.code)
    const method = (client['call'] as (...parts: unknown[]) => ReturnType<typeof Object>).bind(client)
    if (!responseStream) {
      method(message, metadata, done)
      return
    }
    const stream = requestStream ? method(metadata) : method(message, metadata)
    stream.on('data', ({ results = [], resumeToken }: OutcomeByEntry) => {
      // What is refused of a stream of items is refused in its place.
      const [outcome] = results.map((result) => result.outcome)
      if (outcome?.$case === 'error') resolve(outcome.value.code)
      // A watch that has begun goes on for ever.
      if (resumeToken !== undefined) {
        resolve(status.OK)
        stream.cancel()
      }
    })
    stream.on('error', () => {})
    stream.on('status', ({ code }: { code: status }) => resolve(code))
    if (requestStream) stream.end(message)
  }).finally(() => client.close())
}

describe('every operation of the wire', () => {
  test('is in the table, and nothing else is', () => {
    const named = new Set(Object.keys(TABLE).map((name) => name.split(',')[0]))
    expect([...named].sort()).toEqual([...RPCS.keys()].sort())
    expect(Object.keys(RPC_REQUESTS).sort()).toEqual(Object.keys(TABLE).sort())
  })

  test.each(Object.entries(TABLE))('%s is for: %s', async (name, kind) => {
    const outcomes: Record<string, string> = {}
    const expected: Record<string, string> = {}
    for (const who of ['anonymous', 'player', 'service', 'operator'] as const) {
      for (const title of [OWN, OTHER]) {
        for (const player of [SELF, SOMEBODY]) {
          const target = { title, player }
          const cell = `${who} of ${title}, ${player}`
          const request = (RPC_REQUESTS[name] as (target: Target) => object)(target)
          const code = await ask(name, request, tokens[who])
          outcomes[cell] = outcomeOf(code)
          expected[cell] =
            who === 'anonymous' ? 'unauthenticated' : MAY[kind](who, target) ? 'allowed' : 'denied'
        }
      }
    }
    expect(outcomes).toEqual(expected)
  })
})

/** A call that got as far as the records was allowed, whatever it found there. */
function outcomeOf(code: status): string {
  if (code === status.UNAUTHENTICATED) return 'unauthenticated'
  if (code === status.PERMISSION_DENIED) return 'denied'
  const found = [status.OK, status.NOT_FOUND, status.ALREADY_EXISTS, status.FAILED_PRECONDITION]
  return found.includes(code) ? 'allowed' : `status ${status[code]}`
}
