import { afterAll, beforeAll, expect, test } from 'vitest'
import { NEVER_ABORTED } from '../../../src/model/never-aborted.ts'
import type { RecordOutcome, RecordProgress } from '../../../src/service/progress/writer/contract.ts'
import { writeLocked } from '../../../src/service/progress/writer/write-locked.ts'
import { Pipeline } from '../../../src/store/pipeline.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { withClient } from '../../../src/store/with-client.ts'
import { skipOnCluster } from '../../support/citus.ts'
import { onDatabase } from '../../support/deliveries.ts'
import { titleWith } from '../../support/one-achievement.ts'
import { requirementOf } from '../../support/records.ts'
import { type RoundTripCounter, startRoundTripCounter } from '../../support/round-trips.ts'
import { callOf, createTestServices, type TestServices } from '../../support/services.ts'

let services: TestServices
let counter: RoundTripCounter
/** One connection, whose round trips are counted. */
let store: Store
let title: Awaited<ReturnType<typeof titleWith>>

beforeAll(async () => {
  services = await createTestServices()
  counter = await startRoundTripCounter(services.databaseUrl)
  const onError = (error: Error) => {
    throw error
  }
  store = openStore({ connectionString: counter.databaseUrl, poolSize: 1, onError })
  title = await titleWith(services, {
    requirements: [
      requirementOf({ id: 'own', target: 100n }),
      requirementOf({ id: 'other', statCode: 'kills' }),
    ],
  })
})
afterAll(async () => {
  await store.close()
  await counter[Symbol.asyncDispose]()
  await services[Symbol.asyncDispose]()
})

let requests = 0

function record(report: RecordProgress['report']): Promise<readonly RecordOutcome[]> {
  requests += 1
  const requestId = `request-${requests}`
  const request = { ...title.key, playerId: 'ann', report, occurredTime: undefined, requestId }
  const parts = { store, definitions: services.definitions, now: services.now }
  const { timeBounds } = services.settings
  return writeLocked({ ...parts, timeBounds }, [{ request, call: callOf() }], NEVER_ABORTED)
}

test('a report under lock takes three round trips, in which locks come before reads and writes before the commit', async ({
  skip,
}) => {
  skipOnCluster(skip, 'each shard takes round trips of its own')
  await title.stat('ann', 5)
  const reach = (quantity: bigint) => record({ kind: 'reach', requirementId: 'own', quantity })
  // Prepares the statements, whose texts are sent once for each connection.
  const first = await counter.count(async () => expect(await reach(1n)).toMatchObject([{ changed: true }]))
  const statements = [
    'begin isolation level',
    'from "achievements"',
    'from player_titles s',
    'from progress p',
    'from player_requests q',
    'request_key = k.request_key',
    'insert into progress',
    'insert into events',
    'commit\0',
  ]
  const begin = first.sent.indexOf(statements[0] as string)
  expect(begin).toBeGreaterThan(-1)
  const positions = statements.map((statement) => first.sent.indexOf(statement, begin))
  expect(positions).toEqual(positions.toSorted((left, right) => left - right))
  const { trips } = await counter.count(async () =>
    expect(await reach(2n)).toMatchObject([{ changed: true }]),
  )
  expect(trips).toBe(3)
})

test('a step that sends more after the failure of the next does not hide that failure', async () => {
  await withClient(services.databaseUrl, async (client) => {
    const pipeline = new Pipeline(client)
    const run = (statement: string) => {
      const response = client.query(statement)
      pipeline.onSent()
      return response
    }
    await run('begin')
    const longer = async () => {
      await run('select 1')
      await run('select 2')
    }
    await expect(pipeline.together([longer, () => run('select 1/0')])).rejects.toMatchObject({
      code: '22012',
    })
    await run('rollback')
    expect(await pipeline.together([() => run('select 3 as n')])).toMatchObject([{ rows: [{ n: 3 }] }])
  })
})

test('a transaction of which a last statement is never sent is not committed', async () => {
  const writing = store.writeInSteps(NEVER_ABORTED, {
    open: async () => undefined,
    apply: async (queries) => ({
      result: undefined,
      last: [
        () => queries.players.insertMissing(['unsent'], services.now()),
        () => Promise.reject(new Error('a value that no statement takes')),
      ],
    }),
  })
  await expect(writing).rejects.toThrow('a value that no statement takes')
  expect(await onDatabase(services.databaseUrl, "select id from players where id = 'unsent'")).toEqual([])
})

test('a transaction of which a last statement fails writes nothing, and its connection serves on', async () => {
  const names = () => onDatabase(services.databaseUrl, "select id from players where id like 'new-%'")
  const insert =
    (id: string) =>
    (time = services.now()) =>
      store.writeInSteps(NEVER_ABORTED, {
        open: async () => undefined,
        apply: async (queries) => ({
          result: undefined,
          last: [
            () => queries.players.insertMissing([id], time),
            () =>
              queries.idempotency.insert(
                [{ playerId: id, requestId: 'r', caller: '', digest: '', response: 'broken' }],
                time,
              ),
            () =>
              queries.idempotency.insert(
                [{ playerId: id, requestId: 'r', caller: '', digest: '', response: '{}' }],
                time,
              ),
          ],
        }),
      })
  await expect(insert('new-1')()).rejects.toThrow()
  expect(await names()).toEqual([])
  const after = await record({ kind: 'reach', requirementId: 'own', quantity: 3n })
  expect(after).toMatchObject([{ changed: true }])
})
