import { rmSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
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
  uploadImage: 'the definition that names the image has an entry',
  exportAchievements: 'stores at most ids that the dialect needs',
  exportProgress: 'stores at most ids that the dialect needs',
}

const report = (achievementId: string) => ({ titleId: TITLE, playerId: 'ann', achievementId, reason: 'x' })
const achievement = (achievementId: string) => ({
  achievement: { titleId: TITLE, achievementId, name: { text: 'x' }, description: { text: 'x' } },
})
const destination = (destinationId: string) => ({
  destination: {
    ...{ titleId: TITLE, destinationId, dialect: 'webhook', credential: 'env:LAUREL_CREDENTIAL_HOOK' },
    url: 'https://laurel.invalid/hook?secret=1',
    limits: { requestsPerSecond: 0, maxInFlight: 0, maxAttempts: 1, timeout: undefined },
  },
})
/** The calls in an order in which each changes something; `undefined` for the request of the permission matrix. */
const CALLS: readonly (readonly [rpc: string, request?: object | undefined])[] = [
  ['createTitle'],
  ['updateTitle'],
  ['createStat', { stat: { titleId: TITLE, statCode: 'kills' } }],
  ['updateStat'],
  ['createAchievement', achievement('a')],
  ['updateAchievement'],
  ['createAchievement', achievement('gone')],
  ['reorderAchievement'],
  ['deleteAchievement'],
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
  ['importAchievements'],
  ['importProgress'],
  ['createStat', { stat: { titleId: TITLE, statCode: 'gone' } }],
  ['deleteStat'],
  ['createTitle', { title: { titleId: `${TITLE}-gone`, displayName: '' } }],
  ['deleteTitle'],
]

/** Returns the id of an event whose delivery may be replayed, once there is one. */
async function findDeadLetter(): Promise<string> {
  using client = createClient(DestinationServiceClient, server.address)
  const states = [DeliveryState.DEAD]
  const request = ListDeliveriesRequest.fromPartial({ titleId: TITLE, destinationId: 'hook', states })
  return vi.waitFor(async () => {
    const { deliveries } = await callUnary(client, 'listDeliveries', request, settingsOf(auth.operator))
    expect(deliveries).not.toEqual([])
    return deliveries[0]?.event?.eventId ?? ''
  }, 10_000)
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

  test('has the records before and after as callers get them, without the query of a URL', async () => {
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
    expect(hook?.after).toMatchObject({ url: 'https://laurel.invalid/hook' })
    const [imported] = await listEntries({ ...filter, resourceType: AuditResourceType.IMPORT })
    expect(imported).toMatchObject({ before: undefined, after: { titleId: TITLE } })
  })
})

test('a merge names both players, and a deletion takes what is personal from all entries of both', async () => {
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

test('a service lists the entries of its titles, and a player none', async () => {
  expect(await listEntries({ titleId: TITLE }, auth.service)).not.toEqual([])
  for (const [request, token] of [
    [{}, auth.service],
    [{ titleId: 'sea-battle' }, auth.service],
    [{ titleId: TITLE }, await auth.player('ann')],
  ] as const)
    expect(await ask('listAuditEntries', request, token)).toMatchObject({ code: status.PERMISSION_DENIED })
  const { message } = await ask('listAuditEntries', {}, auth.service)
  expect(message).toMatch(/but may set title_id to a title of its own$/)
})

test('pages over HTTP have each entry once, in both orders', async () => {
  const all = (await listEntries({ titleId: TITLE })).map(({ auditEntryId }) => auditEntryId)
  for (const oldestFirst of [false, true]) {
    const ids: string[] = []
    for (let pageToken = ''; ; ) {
      const response = await fetch(`${server.url}/laurel.v1.AuditService/ListAuditEntries`, {
        method: 'POST',
        headers: { authorization: `Bearer ${auth.service}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          title_id: TITLE,
          page_size: 7,
          oldest_first: oldestFirst,
          page_token: pageToken,
        }),
      })
      const page = (await response.json()) as {
        auditEntries?: { auditEntryId: string }[]
        nextPageToken?: string
      }
      ids.push(...(page.auditEntries ?? []).map(({ auditEntryId }) => auditEntryId))
      if (page.nextPageToken === undefined) break
      pageToken = page.nextPageToken
    }
    expect(ids).toEqual(oldestFirst ? all.toReversed() : all)
  }
})

test('refused credentials have an entry for each address and error, one a minute', async () => {
  for (const [name, token] of [
    ['getTitle', 'unknown'],
    ['getTitle', 'another'],
    ['listTitles', 'a.b.c'],
    ['listTitles', undefined],
  ] as const)
    expect(await callRpc(server.address, name, {}, token)).toMatchObject({ code: status.UNAUTHENTICATED })
  const refused = async () =>
    (await listEntries({ resourceType: AuditResourceType.CREDENTIAL })).map(({ reason }) => reason)
  await vi.waitFor(async () => expect(await refused()).toHaveLength(2))
  expect(await refused()).toEqual([
    'the credential is not a readable token',
    expect.stringMatching(/^the credential is unknown/),
  ])
  const [entry] = await listEntries({ resourceType: AuditResourceType.CREDENTIAL })
  expect(entry).toMatchObject({ actor: 'anonymous', operation: 'Authenticate', resourceId: '127.0.0.1' })
})

test.each([
  ['id', { title_id: 'x'.repeat(129) }, 'title_id must be at most 128 characters'],
  ['text', { actor: 'x'.repeat(4097) }, 'actor must be at most 4096 characters'],
  ['type', { resource_type: 99 }, 'resource_type must be one of TITLE, '],
  [
    'time range',
    { start_time: '2026-01-02T00:00:00Z', end_time: '2026-01-01T00:00:00Z' },
    'end_time must be after start_time',
  ],
  ['page token', { page_token: 'AAAA' }, 'page_token was not returned by this list'],
])('a wrong %s is refused with the path of its field', async (_, request, message) => {
  const response = await fetch(`${server.url}/laurel.v1.AuditService/ListAuditEntries`, {
    method: 'POST',
    headers: { authorization: `Bearer ${auth.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(message)])
})
