import { afterAll, beforeAll, expect, test } from 'vitest'
import { AuditServiceClient, ListAuditEntriesRequest } from '../../src/gen/laurel/v1/audit_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { onDatabase } from '../support/deliveries.ts'
import { createRouteFixture } from '../support/route-fixture.ts'
import { MOUNTED, routeNameOf, send, targetOf } from '../support/routes.ts'
import { type RunningServer, startServer } from '../support/server.ts'

let database: TestDatabase
let server: RunningServer

beforeAll(async () => {
  database = await createTestDatabase()
  server = await startServer({ databaseUrl: database.url })
  await createRouteFixture(server.address, '')
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

/** Each call of services and operators that may change something, at one mount that has it. */
const CALLS = new Map(
  MOUNTED.flatMap((mounted) =>
    Object.entries(mounted.fixtures.access).flatMap(([call, access]) => {
      const route = mounted.routes.find(({ name }) => name === routeNameOf(call))
      const isTrusted = access === 'operator' || access === 'service'
      const mayChange = isTrusted && route !== undefined && route.method !== 'GET'
      return mayChange ? [[`${mounted.dialect}, ${call}`, { mounted, call }] as const] : []
    }),
  ),
)

const DEFINITIONS = `select md5(string_agg(row, ' ' order by row)) as digest from (
  select t::text as row from titles t union all select b::text from title_bindings b
  union all select a::text from achievements a union all select s::text from stats s) rows`

async function definitionsDigest() {
  return (await onDatabase<{ digest: string }>(database.url, DEFINITIONS))[0]?.digest
}

async function listOperations(): Promise<readonly string[]> {
  using client = createClient(AuditServiceClient, server.address)
  const request = ListAuditEntriesRequest.fromPartial({ pageSize: 1000, oldestFirst: true })
  const { auditEntries } = await callUnary(client, 'listAuditEntries', request)
  return auditEntries.map(({ operation }) => operation)
}

test('a route that changes a definition writes one entry with its name', async () => {
  const changing: string[] = []
  for (const { mounted, call } of CALLS.values()) {
    const target = targetOf(mounted, 'own', 'ann')
    const [digest, before] = [await definitionsDigest(), await listOperations()]
    await (await send(server.url, mounted, call, target, { token: 'x', caller: 'operator' })).bytes()
    const added = (await listOperations()).slice(before.length)
    expect(added.length, call).toBeLessThan(2)
    if ((await definitionsDigest()) === digest) continue
    const operation = `${mounted.dialect}/${routeNameOf(call)}`
    expect(added, call).toEqual([operation])
    changing.push(operation)
  }
  expect(new Set(changing).size).toBeGreaterThan(10)
})
