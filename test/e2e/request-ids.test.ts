import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServiceError } from '@grpc/grpc-js'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Participation } from '../../src/gen/laurel/v1/achievement.ts'
import type { BatchRecordProgressResponse } from '../../src/gen/laurel/v1/progress_service.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { RPC_REQUESTS, RPCS, type Rpc } from '../support/rpc-requests.ts'
import { type Ask, responseOf } from '../support/rpc-response.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const TITLE = 'space-race'
const PLAYER = 'ann'
const TARGET = { title: TITLE, player: PLAYER }
const text = { locale: 'en', text: 'x' }

/** Returns a valid request for an RPC on the title and the player. */
function requestOf(name: string): object {
  return (RPC_REQUESTS[name] as (target: typeof TARGET) => object)(TARGET)
}

const titleRequest: Ask = {
  name: 'reorderAchievement',
  request: { titleId: TITLE, achievementId: 'a', listOrder: 2 },
}
const updateOf = (playerId: string): Ask => ({
  name: 'updatePlayer',
  request: { player: { playerId, displayName: 'Y' }, updateMask: ['display_name'] },
})
const reportOf = (percent: number): Ask => ({
  name: 'recordProgress',
  request: {
    titleId: TITLE,
    playerId: PLAYER,
    achievementId: 'a',
    report: { $case: 'percent', value: percent },
  },
})
const titleOf = (titleId: string): Ask => ({
  name: 'createTitle',
  request: { title: { titleId, displayName: 'Other', defaultLocale: 'en' } },
})
const playerOf = (playerId: string): Ask => ({ name: 'createPlayer', request: { player: { playerId } } })
const fresh = 'fresh'
/** A community achievement, unlocked with a contribution of the player. */
const SHARED = 'shared'

interface Case {
  /** Another request in the same scope, by the other caller. */
  readonly other: Ask
  /** Instead of the request of the table. */
  readonly request?: object | (() => Promise<object>)
  /** Requests before the other request, and before the request. */
  readonly before?: readonly Ask[]
  readonly between?: readonly Ask[]
}

const ofTitle: Case = { other: titleRequest }
const ofPlayer: Case = { other: updateOf(PLAYER) }
const ofProgress: Case = { other: reportOf(2) }

/** Every RPC that takes a request id. */
const TABLE: Readonly<Record<string, Case>> = {
  createAchievement: ofTitle,
  updateAchievement: ofTitle,
  reorderAchievement: { other: { name: 'updateStat', request: requestOf('updateStat') } },
  deleteAchievement: ofTitle,
  createStat: ofTitle,
  updateStat: ofTitle,
  deleteStat: ofTitle,
  createDestination: ofTitle,
  updateDestination: ofTitle,
  deleteDestination: ofTitle,
  createTitle: {
    other: titleOf(fresh),
    between: [{ name: 'deleteTitle', request: { titleId: fresh } }],
    request: { title: { titleId: fresh, displayName: 'x', defaultLocale: 'en' } },
  },
  updateTitle: ofTitle,
  deleteTitle: {
    before: [titleOf(`${TITLE}-gone`)],
    other: {
      name: 'updateTitle',
      request: { title: { titleId: `${TITLE}-gone`, displayName: 'y' }, updateMask: ['display_name'] },
    },
  },
  createPlayer: {
    other: { name: 'createPlayer', request: { player: { playerId: fresh, displayName: 'Other' } } },
    between: [{ name: 'deletePlayer', request: { playerId: fresh } }],
    request: { player: { playerId: fresh } },
  },
  updatePlayer: { other: { name: 'linkAccount', request: requestOf('linkAccount') } },
  deletePlayer: { before: [playerOf('gone')], other: updateOf('gone') },
  mergePlayers: { ...ofPlayer, before: [playerOf('gone')] },
  linkAccount: ofPlayer,
  unlinkAccount: { ...ofPlayer, before: [{ name: 'linkAccount', request: requestOf('unlinkAccount') }] },
  recordProgress: ofProgress,
  batchRecordProgress: ofProgress,
  streamProgress: ofProgress,
  unlockAchievement: ofProgress,
  recordStats: ofProgress,
  grantAchievement: ofProgress,
  revokeAchievement: ofProgress,
  restoreAchievement: ofProgress,
  resetProgress: ofProgress,
  claimReward: { ...ofProgress, request: { titleId: TITLE, playerId: PLAYER, achievementId: SHARED } },
  resetCommunityProgress: { ...ofTitle, request: { titleId: TITLE, achievementId: SHARED } },
  restoreAchievementRevision: { ...ofTitle, request: firstRevision },
  applyPlan: { ...ofTitle, request: newPlan },
}

async function firstRevision(): Promise<object> {
  const key = { titleId: TITLE, achievementId: 'a' }
  const response = await call({ name: 'listAchievementRevisions', request: key }, one)
  const { revisions } = response as { readonly revisions: readonly { readonly revisionId: string }[] }
  return { ...key, revisionId: revisions.at(-1)?.revisionId }
}

/** Returns a plan that takes over the definitions of a title without any. */
async function newPlan(): Promise<object> {
  const sourceTitleId = `source-of-${TITLE}`
  await call(titleOf(sourceTitleId), one)
  const response = await call({ name: 'planPromotion', request: { titleId: TITLE, sourceTitleId } }, one)
  const { plan } = response as { readonly plan: { readonly planId: string } }
  return { titleId: TITLE, planId: plan.planId }
}

let database: TestDatabase
let server: RunningServer
let folder: string
let one: string
let two: string
let service: string
let player: string

beforeAll(async () => {
  database = await createTestDatabase()
  folder = mkdtempSync(join(tmpdir(), 'laurel-auth-'))
  ;[one, two, service] = [0, 1, 2].map(() => randomBytes(32).toString('hex')) as [string, string, string]
  const sha256 = (key: string) => createHash('sha256').update(key).digest('hex')
  const pair = await generateKeyPair('ES256')
  writeFileSync(
    join(folder, 'keys.json'),
    JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k' }] }),
  )
  const issuer = {
    issuer: 'i',
    audience: 'laurel',
    jwks: 'keys.json',
    algorithms: ['ES256'],
    principal: 'player',
  }
  // The player and a key of each kind have the same name.
  const keys = [
    { name: PLAYER, sha256: sha256(one), principal: 'operator' },
    { name: 'bob', sha256: sha256(two), principal: 'operator' },
    { name: PLAYER, sha256: sha256(service), principal: 'service' },
  ]
  writeFileSync(join(folder, 'auth.json'), JSON.stringify({ issuers: [issuer], keys }))
  player = await new SignJWT({ sub: PLAYER, iss: 'i', aud: 'laurel' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setExpirationTime('1h')
    .sign(pair.privateKey)
  server = await startServer({
    databaseUrl: database.url,
    env: { LAUREL_AUTH_FILE: join(folder, 'auth.json') },
  })
  await call(titleOf(TITLE), one)
  for (const statCode of ['kills', 'gone'])
    await call({ name: 'createStat', request: { stat: { titleId: TITLE, statCode } } }, one)
  for (const achievementId of ['a', 'b', 'gone']) {
    const achievement = { titleId: TITLE, achievementId, name: text, description: text }
    await call({ name: 'createAchievement', request: { achievement } }, one)
  }
  for (const destinationId of ['hook', 'gone']) {
    const { destination } = requestOf('createDestination') as { readonly destination: object }
    await call(
      { name: 'createDestination', request: { destination: { ...destination, destinationId } } },
      one,
    )
  }
  await call(playerOf(PLAYER), one)
  const requirements = [
    { requirementId: 'count', statCode: 'laps', target: { value: { $case: 'integer', value: 1n } } },
  ]
  const shared = { titleId: TITLE, achievementId: SHARED, name: text, description: text, requirements }
  await call(
    {
      name: 'createAchievement',
      request: { achievement: { ...shared, participation: Participation.COMMUNITY } },
    },
    one,
  )
  const updates = [{ statCode: 'laps', operation: 1, value: 1 }]
  await call({ name: 'recordStats', request: { titleId: TITLE, playerId: PLAYER, updates } }, one)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

function call(
  ask: Ask,
  token: string,
  requestId = '',
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  return responseOf(server.address, ask, token, requestId, headers)
}

/** The rows that delete the player of the other request, and its response with it. */
const DELETING = new Set(['createPlayer', 'deletePlayer'])
const REUSED = /^request_id \S+ was used for another request/

/** Returns the message of the error of a response's item; empty if it succeeded. */
function failureOf(response: unknown): string {
  const [first] = [response].flat() as [Partial<BatchRecordProgressResponse>]
  const outcome = first.results?.[0]?.outcome
  return outcome?.$case === 'error' ? outcome.value.message : ''
}

/** Returns the message of the error that a call fails with, or that its item has; empty if it succeeds. */
async function messageOf(ask: Ask, token: string, requestId: string): Promise<string> {
  try {
    return failureOf(await call(ask, token, requestId))
  } catch (error) {
    return (error as ServiceError).details
  }
}

function takesRequestId({ complete }: Rpc): boolean {
  const request = complete({ items: [{}] }) as { readonly items?: readonly object[] }
  return 'requestId' in (request.items?.[0] ?? request)
}

test('the table has every RPC with a request id', () => {
  const taking = [...RPCS].filter(([, rpc]) => takesRequestId(rpc)).map(([name]) => name)
  expect(Object.keys(TABLE).sort()).toEqual(taking.sort())
  expect(taking.length).toBeGreaterThan(20)
})

describe('a request id of one caller', () => {
  test.each(Object.entries(TABLE))('leaves the same id to another caller: %s', async (name, row) => {
    const id = `same-${name}`
    for (const ask of row.before ?? []) await call(ask, one)
    const otherResponse = await call(row.other, two, id)
    for (const ask of row.between ?? []) await call(ask, one)
    const made = typeof row.request === 'function' ? await row.request() : row.request
    const asked = { name, request: made ?? requestOf(name) }
    const response = await call(asked, one, id)
    expect(failureOf(response)).toBe('')
    expect(await call(asked, one, id)).toEqual(response)
    if (DELETING.has(name)) expect(await messageOf(row.other, two, id)).toMatch(/was deleted/)
    else expect(await call(row.other, two, id)).toEqual(otherResponse)
    expect(await messageOf(asked, two, id)).toMatch(REUSED)
    expect(await messageOf(row.other, one, id)).toMatch(REUSED)
  })

  test('leaves the same id to callers of other kinds with the same name', async () => {
    const callers = [one, service, player]
    const responses = []
    for (const [index, token] of callers.entries())
      responses.push(await call(reportOf(10 + index), token, 'ban-case-1'))
    const revocation = {
      name: 'revokeAchievement',
      request: { titleId: TITLE, playerId: PLAYER, achievementId: 'a' },
    }
    for (const [index, token] of callers.entries()) {
      expect(await call(reportOf(10 + index), token, 'ban-case-1')).toEqual(responses[index])
      expect(await messageOf(reportOf(20), token, 'ban-case-1')).toMatch(REUSED)
    }
    await call(
      { name: 'unlockAchievement', request: { titleId: TITLE, playerId: PLAYER, achievementId: 'a' } },
      one,
    )
    await call(reportOf(40), player, 'ban-case-2')
    await call(revocation, service, 'ban-case-2')
    expect(await messageOf(revocation, service, 'ban-case-1')).toMatch(REUSED)
  })

  test('does not depend on laurel-actor', async () => {
    const first = await call(reportOf(30), service, 'on-behalf', { 'laurel-actor': 'ada' })
    expect(await call(reportOf(30), service, 'on-behalf', { 'laurel-actor': 'eve' })).toEqual(first)
    expect(await messageOf(reportOf(31), service, 'on-behalf')).toMatch(REUSED)
  })

  test('is free in another title', async () => {
    await call(titleOf('sea-battle'), one, 'per-title')
    const achievement = { titleId: 'sea-battle', achievementId: 'new', name: text, description: text }
    const created = await call({ name: 'createAchievement', request: { achievement } }, one, 'of-definitions')
    await call(titleRequest, one, 'of-definitions')
    expect(
      await call({ name: 'createAchievement', request: { achievement } }, one, 'of-definitions'),
    ).toEqual(created)
  })
})
