import { rmSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  AchievementServiceClient,
  ListAchievementRevisionsRequest,
} from '../../src/gen/laurel/v1/achievement_service.ts'
import { AuditResourceType } from '../../src/gen/laurel/v1/audit.ts'
import { AuditServiceClient, ListAuditEntriesRequest } from '../../src/gen/laurel/v1/audit_service.ts'
import { DeliveryState } from '../../src/gen/laurel/v1/delivery.ts'
import {
  DestinationServiceClient,
  ListDeliveriesRequest,
} from '../../src/gen/laurel/v1/destination_service.ts'
import { descriptorRegistry } from '../../src/grpc/descriptors.ts'
import { createAuth } from '../support/auth.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { exportOf } from '../support/record-export.ts'
import { callRpc } from '../support/rpc-call.ts'
import { RPC_REQUESTS, RPCS } from '../support/rpc-requests.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const TITLE = 'space-race'
const target = { title: TITLE, player: 'ann' }

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([TITLE])
  const env = { ...auth.env, LAUREL_CREDENTIAL_HOOK: `whsec_${Buffer.alloc(24).toString('base64')}` }
  server = await startServer({ databaseUrl: database.url, env })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  rmSync(auth.folder, { recursive: true })
})

async function listEntries(filter: Partial<ListAuditEntriesRequest> = {}, token = auth.operator) {
  using client = createClient(AuditServiceClient, server.address)
  const request = ListAuditEntriesRequest.fromPartial({ pageSize: 1000, ...filter })
  return (await callUnary(client, 'listAuditEntries', request, settingsOf(token))).auditEntries
}

const settingsOf = (token: string) => ({ metadata: { authorization: `Bearer ${token}` } })

const ask = (name: string, request: object, token: string | undefined = auth.operator) =>
  callRpc(server.address, name, request, token)

/** The RPCs that change something without an entry, and the reason. */
const WITHOUT_ENTRY: Readonly<Record<string, string>> = {
  recordProgress: 'a report has an event',
  batchRecordProgress: 'reports have events',
  streamProgress: 'reports have events',
  unlockAchievement: 'a report has an event',
  recordStats: 'progress that follows a stat has an event',
  claimReward: 'the claim of a player has an event',
  exportAchievements: 'stores at most ids that the dialect needs',
  feedMigrationJob: 'the creation of the job has an entry, and each part an event',
  planImport: 'changes nothing until the plan is applied',
  planPromotion: 'changes nothing until the plan is applied',
  planReversal: 'changes nothing until the plan is applied',
  exportProgress: 'stores at most ids that the dialect needs',
}

const report = (achievementId: string) => ({ titleId: TITLE, playerId: 'ann', achievementId, reason: 'x' })
const achievement = (achievementId: string) => ({
  achievement: { titleId: TITLE, achievementId, name: { text: 'x' }, description: { text: 'x' } },
})
const destination = (destinationId: string) => ({
  destination: {
    titleId: TITLE,
    destinationId,
    dialect: 'webhook',
    credential: 'env:LAUREL_CREDENTIAL_HOOK',
    url: 'https://laurel.invalid/hook?secret=1',
    limits: { requestsPerSecond: 0, maxInFlight: 0, maxAttempts: 1, timeout: undefined },
  },
})
const migrationJob = { titleId: TITLE, jobId: 'moved' }
const migrationMapping = { format: 1, player: { field: 'player' }, achievement: { field: 'achievement' } }
/** Returns an export with one title. */
function movedTitle(): string {
  const time = '2026-01-01T00:00:00Z'
  const title = { titleId: `${TITLE}-moved`, createTime: time, updateTime: time }
  return exportOf([{ kind: 'title', title } as { kind: string }])
}

/** The calls in an order in which each changes something; `undefined` for the request of the permission matrix. */
const CALLS: readonly (readonly [rpc: string, request?: object | undefined])[] = [
  ['createTitle'],
  ['updateTitle'],
  ['createStat', { stat: { titleId: TITLE, statCode: 'kills' } }],
  ['updateStat'],
  ['createAchievement', achievement('a')],
  ['updateAchievement'],
  ['restoreAchievementRevision'],
  ['createAchievement', achievement('gone')],
  ['reorderAchievement'],
  ['deleteAchievement'],
  ['uploadImage'],
  ['createPlayer', { player: { playerId: 'ann' } }],
  ['updatePlayer'],
  ['linkAccount'],
  ['linkAccount', RPC_REQUESTS['unlinkAccount']?.(target)],
  ['unlinkAccount'],
  ['createPlayer', { player: { playerId: 'gone' } }],
  ['mergePlayers'],
  ['createPlayer', { player: { playerId: 'lost' } }],
  ['deletePlayer', { playerId: 'lost' }],
  ['createDestination', destination('hook')],
  ['updateDestination'],
  ['unlockAchievement'],
  ['revokeAchievement', report('a')],
  ['restoreAchievement', report('a')],
  ['testDestination'],
  ['replayDelivery'],
  ['replayDeliveries'],
  ['pauseDestination'],
  ['resumeDestination'],
  ['createDestination', destination('gone')],
  ['deleteDestination'],
  ['resetProgress'],
  ['grantAchievement', report('a')],
  ['resetCommunityProgress'],
  ['importAchievements'],
  ['importProgress'],
  ['importRecords', { content: Buffer.from(movedTitle()) }],
  ['createStat', { stat: { titleId: TITLE, statCode: 'gone' } }],
  ['deleteStat'],
  ['createTitle', { title: { titleId: `${TITLE}-gone`, displayName: '' } }],
  ['applyPlan'],
  ['createMigrationJob', { job: { ...migrationJob, mapping: migrationMapping } }],
  ['pauseMigrationJob', migrationJob],
  ['resumeMigrationJob', migrationJob],
  ['finishMigrationJob', migrationJob],
  ['resumeMigrationJob', migrationJob],
  ['cancelMigrationJob', migrationJob],
  ['rollbackMigrationJob', { ...migrationJob, reason: 'x' }],
  ['deleteMigrationJob', migrationJob],
  ['deleteTitle'],
]

/** Returns the id of an event whose delivery may be replayed, once there is one. */
async function findDeadLetter(): Promise<string> {
  using client = createClient(DestinationServiceClient, server.address)
  const states = [DeliveryState.DEAD]
  const request = ListDeliveriesRequest.fromPartial({ titleId: TITLE, destinationId: 'hook', states })
  const find = async () => {
    const { deliveries } = await callUnary(client, 'listDeliveries', request, settingsOf(auth.operator))
    return deliveries[0]?.event?.eventId
  }
  await expect.poll(find).toBeDefined()
  return (await find()) ?? ''
}

async function findFirstRevision(): Promise<string> {
  using client = createClient(AchievementServiceClient, server.address)
  const request = ListAchievementRevisionsRequest.fromPartial({ titleId: TITLE, achievementId: 'a' })
  const { revisions } = await callUnary(
    client,
    'listAchievementRevisions',
    request,
    settingsOf(auth.operator),
  )
  return revisions.at(-1)?.revisionId ?? ''
}

/** Returns the id of a plan that takes over the definitions of a title without any. */
async function makePlan(): Promise<string> {
  const response = await fetch(`${server.url}/laurel.v1.PlanService/PlanPromotion`, {
    method: 'POST',
    headers: { authorization: `Bearer ${auth.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ title_id: TITLE, source_title_id: `${TITLE}-gone` }),
  })
  const { plan } = (await response.json()) as { plan: { planId: string } }
  return plan.planId
}

describe('an RPC that changes something', () => {
  test('is called below, or named with the reason why it has no entry', () => {
    const services = [...descriptorRegistry()].filter((type) => type.kind === 'service')
    const changing = services
      .filter(({ typeName }) => typeName.startsWith('laurel.'))
      .flatMap(({ methods }) => methods)
      .filter(({ idempotency }) => idempotency !== 1)
    const called = CALLS.map(([rpc]) => rpc).filter((rpc) => !Object.hasOwn(WITHOUT_ENTRY, rpc))
    const named = new Set([...called, ...Object.keys(WITHOUT_ENTRY)])
    expect([...named].sort()).toEqual(changing.map(({ localName }) => localName).sort())
  })

  test('writes one entry with its name, its caller and its request id, and no other when it is repeated', async () => {
    for (const [index, [rpc, given]] of CALLS.entries()) {
      const request = { ...(given ?? RPC_REQUESTS[rpc]?.(target)), requestId: `call-${index}` }
      if (rpc === 'restoreAchievementRevision')
        Object.assign(request, { revisionId: await findFirstRevision() })
      if (rpc === 'applyPlan') Object.assign(request, { planId: await makePlan() })
      if (rpc === 'replayDelivery') Object.assign(request, { eventId: await findDeadLetter() })
      const before = await listEntries()
      expect(await ask(rpc, request), rpc).toMatchObject({ code: status.OK })
      const added = (await listEntries()).slice(0, -before.length || undefined)
      if (Object.hasOwn(WITHOUT_ENTRY, rpc)) {
        expect(added, rpc).toEqual([])
        continue
      }
      const path = RPCS.get(rpc)?.definition.path ?? ''
      const hasRequestId = 'requestId' in (RPCS.get(rpc)?.complete({ requestId: '' }) ?? {})
      expect(added, rpc).toMatchObject([
        {
          operation: path.replace('/laurel.v1.', ''),
          actor: 'operator',
          requestId: hasRequestId ? `call-${index}` : '',
        },
      ])
      if (!hasRequestId) continue
      expect(await ask(rpc, request), rpc).toMatchObject({ code: status.OK })
      expect(await listEntries(), rpc).toHaveLength(before.length + 1)
    }
  })

  test('writes none when it fails', async () => {
    const before = await listEntries()
    const failures = [
      await ask('updateTitle', { title: { titleId: 'nowhere', displayName: 'x' } }),
      await ask('createTitle', { title: { titleId: TITLE, displayName: 'x' } }),
      await ask('createTitle', { title: { titleId: 'theirs', displayName: 'x' } }, auth.service),
    ]
    expect(failures.map(({ code }) => code)).toEqual([
      status.NOT_FOUND,
      status.ALREADY_EXISTS,
      status.PERMISSION_DENIED,
    ])
    expect(await listEntries()).toEqual(before)
  })

  test('has the records before and after as callers get them, without the path and the query of a URL', async () => {
    const filter = { titleId: TITLE, oldestFirst: true }
    const [created, updated] = await listEntries({ ...filter, resourceType: AuditResourceType.TITLE })
    expect(created).toMatchObject({ before: undefined, after: { titleId: TITLE, defaultLocale: 'en' } })
    expect(updated?.before).toEqual(created?.after)
    const response = await fetch(`${server.url}/laurel.v1.TitleService/GetTitle`, {
      method: 'POST',
      headers: { authorization: `Bearer ${auth.operator}`, 'content-type': 'application/json' },
      body: JSON.stringify({ title_id: TITLE }),
    })
    expect(((await response.json()) as { title: object }).title).toEqual(updated?.after)
    const [hook] = await listEntries({ ...filter, resourceId: 'hook' })
    expect(hook?.after).toMatchObject({ url: 'https://laurel.invalid' })
    const [imported] = await listEntries({ ...filter, resourceType: AuditResourceType.IMPORT })
    expect(imported).toMatchObject({ before: undefined, after: { titleId: TITLE } })
  })
})

test('a merge names both players, and a deletion removes personal data from all entries of both', async () => {
  await ask('createPlayer', { player: { playerId: 'eve', displayName: 'Eve' } })
  await ask('createPlayer', { player: { playerId: 'eva', displayName: 'Eva' } })
  await ask('mergePlayers', { playerId: 'eve', absorbedPlayerId: 'eva', reason: 'Eva is Eve' })
  const [merged] = await listEntries({ playerId: 'eve' })
  expect(merged).toMatchObject({ resourceId: 'eva', playerId: 'eve', reason: 'Eva is Eve' })
  expect([merged?.before, merged?.after]).toMatchObject([{ playerId: 'eva' }, { playerId: 'eve' }])
  await ask('deletePlayer', { playerId: 'eve' })
  const entries = await listEntries({ playerId: 'eve' })
  expect(entries.map(({ operation }) => operation)).toEqual(
    ['DeletePlayer', 'MergePlayers', 'CreatePlayer'].map((rpc) => `PlayerService/${rpc}`),
  )
  expect(await listEntries({ playerId: 'eva' })).toHaveLength(1)
  const all = JSON.stringify([...entries, ...(await listEntries({ playerId: 'eva' }))], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  expect(all).not.toMatch(/ev[ae]/i)
  const [deleted, merge] = entries
  expect(deleted?.playerId).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(merge).toMatchObject({ playerId: deleted?.playerId, before: undefined, reason: '' })
  expect(merge?.resourceId).not.toBe(deleted?.playerId)
})
