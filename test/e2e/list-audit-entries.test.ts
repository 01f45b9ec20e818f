import { rmSync } from 'node:fs'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditResourceType } from '../../src/gen/laurel/v1/audit.ts'
import { AuditServiceClient, ListAuditEntriesRequest } from '../../src/gen/laurel/v1/audit_service.ts'
import { createAuth } from '../support/auth.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { callRpc } from '../support/rpc-call.ts'
import { type RunningServer, startServer } from '../support/server.ts'

const TITLE = 'space-race'

let database: TestDatabase
let server: RunningServer
let auth: Awaited<ReturnType<typeof createAuth>>

beforeAll(async () => {
  database = await createTestDatabase()
  auth = await createAuth([TITLE])
  server = await startServer({ databaseUrl: database.url, env: auth.env })
  await ask('createTitle', { title: { titleId: TITLE, displayName: '' } })
  for (let index = 0; index < 20; index += 1)
    await ask('createStat', { stat: { titleId: TITLE, statCode: `stat-${index}` } })
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

test('a service may list the entries of its titles, and a player may list none', async () => {
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
  await expect.poll(() => refused()).toHaveLength(2)
  // They are written at the same time.
  expect((await refused()).toSorted()).toEqual([
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
