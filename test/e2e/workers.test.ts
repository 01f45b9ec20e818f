import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProgressServiceClient, RecordProgressRequest } from '../../src/gen/laurel/v1/progress_service.ts'
import { callUnary, createClient } from '../support/client.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createFixture, TITLE_ID } from '../support/fixture.ts'
import { startServerProcess } from '../support/server.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database[Symbol.asyncDispose]())

/** Returns the ids of a process's children. */
function childrenOf(pid: number | undefined): readonly number[] {
  const lines = execFileSync('ps', ['-e', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n')
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number))
  return pairs.flatMap(([child, parent]) => (child !== undefined && parent === pid ? [child] : []))
}

async function add(address: string): Promise<bigint | undefined> {
  using client = createClient(ProgressServiceClient, address)
  const key = { titleId: TITLE_ID, playerId: 'ann', achievementId: 'marathon' }
  const quantity = { value: { $case: 'integer' as const, value: 1n } }
  const report = { $case: 'add' as const, value: { requirementId: '', quantity } }
  const { progress } = await callUnary(
    client,
    'recordProgress',
    RecordProgressRequest.fromPartial({ ...key, report }),
  )
  return progress?.requirements[0]?.current?.value?.value as bigint | undefined
}

test('several processes serve the same addresses, and a killed one is replaced', async () => {
  await using server = await startServerProcess({ databaseUrl: database.url, env: { LAUREL_WORKERS: '3' } })
  await createFixture(server.address, { marathon: 1000n })
  // Each client has its own connection, and connections are spread over the workers.
  const values = await Promise.all(Array.from({ length: 30 }, () => add(server.address)))
  expect(values.map(Number).sort((a, b) => a - b)).toEqual(
    Array.from({ length: 30 }, (_, index) => index + 1),
  )
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  expect(metrics).toMatch(/laurel_database_breaker\{?.*\}? 0/)

  const workers = childrenOf(server.process.pid)
  expect(workers).toHaveLength(3)
  process.kill(workers[0] as number, 'SIGKILL')
  await expect
    .poll(() => childrenOf(server.process.pid).filter((pid) => !workers.includes(pid)))
    .toHaveLength(1)
  expect(await add(server.address)).toBe(31n)

  expect(await server.kill('SIGTERM')).toBe(0)
  expect(server.output()).toContain('laurel is stopping')
})

test('workers end when their parent is killed', async () => {
  await using server = await startServerProcess({ databaseUrl: database.url, env: { LAUREL_WORKERS: '2' } })
  const workers = childrenOf(server.process.pid)
  await server.kill('SIGKILL')
  const living = () => workers.filter((pid) => isAlive(pid))
  await expect.poll(living).toEqual([])
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

test('a start fails with the reason if its workers cannot serve', async () => {
  await using first = await startServerProcess({ databaseUrl: database.url })
  const env = { LAUREL_WORKERS: '2', LAUREL_GRPC_ADDRESS: first.address }
  await expect(startServerProcess({ databaseUrl: database.url, env })).rejects.toThrow(
    /is in use[\s\S]*a worker could not serve/,
  )
})
